// What tests/lib.sh is for the shell suites: a check is a function whose name is a sentence, a suite ends with its line.
let passed = 0;
let failed = 0;

export const check = async test => {
    const started = performance.now();
    const name = test.name;
    try {
        await test();
        passed++;
        console.log(`ok ${name} (${Math.round(performance.now() - started)} ms)`);
    } catch (error) {
        failed++;
        const words = String(process.env.VERBOSE ? error.stack : error.message);
        console.log(`not ok ${name}: ${words.replace(/\s+/g, ' ').slice(0, 400)}`);
    }
};

export const finish = suite => {
    console.log(`${suite}: ${passed} passed, ${failed} failed`);
    process.exit(failed === 0 ? 0 : 1); // a check that failed may have left a server open
};
