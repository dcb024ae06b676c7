// index.html and page-N.html in Chromium: what a person sees and does, and what somebody else's text may not.
//   CHROMIUM=... NODE_PACKAGES=... node tests/browser/page.mjs SCENES     as tests/e2e/page.sh calls it
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';

import {check, finish} from './check.mjs';
import {open, overFile, overHttp, showPictures, startBrowser} from './site.mjs';

const scenes = process.argv[2];
const SCENES = ['ordinary', 'hostile', 'trouble', 'empty', 'wide'];
const WAYS = {file: overFile, http: overHttp};
const WRITTEN = '2026-11-23T10:15:00.123Z';
const SECOND = 1000;

const browser = await startBrowser();

// Calls use(page, site) for a page of a scene, and closes both. Its clock stands still, so that no page is loaded anew
// in the middle of a check on a busy machine.
const visit = async (scene, use, {way = 'file', name = 'index.html', now = WRITTEN, ...settings} = {}) => {
    const site = await WAYS[way](join(scenes, scene));
    const page = await open(browser, site.url(name), {settings, now});
    try {
        await use(page, site);
    } finally {
        await page.context().close();
        await site.close();
    }
};

const everywhere = async use => {
    for (const way of Object.keys(WAYS)) for (const scene of SCENES) await use(scene, way);
};

const keys = page => page.locator('table.batches tbody tr:visible th').allInnerTexts();
const heading = (page, words) => page.locator('table.batches thead th', {hasText: words});
const sort = (page, words) => heading(page, words).getByRole('button').click();

const values = (page, column) => page.locator(`table.batches tbody td:nth-child(${column})`).evaluateAll(
    cells => cells.map(cell => parseFloat(cell.dataset.value)).filter(value => !isNaN(value)));

const isAscending = list => list.every((value, i) => i === 0 || list[i - 1] <= value);

// ---- what is loaded -----------------------------------------------------------------------------

async function page_loads_without_an_error_or_an_outside_request() {
    await everywhere((scene, way) => visit(scene, async (page, site) => {
        await showPictures(page);
        assert.deepEqual(page.complaints, [], `${scene} over ${way}`);
        const outside = page.requests.filter(url => !url.startsWith(site.url('')) && !url.startsWith('data:'));
        assert.deepEqual(outside, [], `${scene} over ${way}`);
    }, {way}));
}

async function every_link_and_picture_leads_to_a_file_that_is_there() {
    for (const scene of SCENES) await visit(scene, async (page, site) => {
        const targets = await page.evaluate(() => [
            ...[...document.links].map(link => link.href), ...[...document.images].map(image => image.src)]);
        for (const target of new Set(targets)) {
            assert.ok(target.startsWith(site.url('')), target);
            assert.equal((await fetch(target, {method: 'HEAD'})).status, 200, target);
        }
    }, {way: 'http'});
}

async function policy_has_the_hashes_of_the_bytes_that_are_embedded() {
    for (const name of ['index.html', 'page-1.html']) {
        const html = await readFile(join(scenes, 'ordinary', name), 'utf8');
        const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)[1];
        assert.match(policy, /^default-src 'none'; /);
        assert.ok(!policy.includes('unsafe'), policy);
        for (const element of ['style', 'script']) {
            const bytes = new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(html)[1];
            const hash = createHash('sha256').update(bytes).digest('base64');
            assert.ok(policy.includes(`${element}-src 'sha256-${hash}'`), `${element} of ${name}`);
        }
    }
}

async function policy_refuses_what_is_slipped_in() {
    const elsewhere = await overHttp(scenes);
    await visit('ordinary', async page => {
        await page.evaluate(outside => {
            const script = document.createElement('script');
            script.textContent = 'document.title = "slipped in"';
            const image = new Image();
            image.src = outside;
            document.body.append(script, image);
            document.body.insertAdjacentHTML('beforeend', '<b onclick="document.title = \'clicked\'">x</b>');
            document.body.lastElementChild.click();
        }, elsewhere.url('ordinary.png'));
        await page.waitForTimeout(200);
        assert.match(await page.title(), /shared-data$/);
        assert.equal(elsewhere.asked(), 0);
        for (const directive of ['script-src', 'script-src-attr|inline event handler', 'img-src'])
            assert.ok(page.complaints.some(words => words.match(directive)), `${directive} in ${page.complaints}`);
    });
    await elsewhere.close();
}

// ---- what is shown ------------------------------------------------------------------------------

async function batches_are_shown_with_the_newest_first() {
    await visit('ordinary', async page => {
        assert.deepEqual(await keys(page), Array.from({length: 100}, (_, i) => String(100 - i)));
        assert.equal(await page.locator('#newest .card').count(), 12);
        assert.equal(await page.locator('#columns .card').count(), 6);
        assert.equal(await page.locator('#columns svg.histogram').count(), 3);
        assert.match(await page.locator('#rejected li').first().innerText(), /97[\s\S]*extra-cell[\s\S]*row 17 \(line 18\)/);
    });
}

async function trouble_is_told_in_title_words_and_sign() {
    await visit('trouble', async page => {
        assert.match(await page.title(), /^\(!\) /);
        assert.match(await page.getByRole('alert').innerText(), /✕ In trouble .*No space left on device/);
    });
}

async function an_older_page_has_its_batches_and_its_neighbours() {
    await visit('ordinary', async page => {
        assert.equal((await keys(page)).length, 100);
        await page.getByRole('link', {name: 'Older'}).first().click();
        assert.match(page.url(), /page-1\.html$/);
        await page.getByRole('link', {name: 'Now'}).first().click();
        assert.match(page.url(), /index\.html$/);
        assert.deepEqual(page.complaints, []);
    }, {name: 'page-2.html', way: 'http'});
}

async function all_but_controls_is_there_without_javascript() {
    await visit('ordinary', async page => {
        assert.equal((await keys(page)).length, 100);
        assert.equal(await page.locator('button:visible, input:visible').count(), 0);
        assert.match(await page.locator('.clock').innerText(), /^As of 2026-11-23 10:15:00 UTC$/);
    }, {javaScriptEnabled: false, now: null});
}

// ---- somebody else's text -----------------------------------------------------------------------

async function text_of_others_stays_text_and_runs_nothing() {
    for (const way of Object.keys(WAYS)) await visit('hostile', async page => {
        await showPictures(page);
        const titles = await page.locator('#columns h3').allInnerTexts();
        for (const words of ['<script>alert(1)</script>', '</style></script><svg onload=alert(3)>', 'javascript:alert(4)'])
            assert.ok(titles.some(title => title.startsWith(words)), `${words} in ${titles}`);
        const strange = await page.evaluate(() => [...document.querySelectorAll('*')].flatMap(element => [
            ...[...element.attributes].filter(({name}) => /^(on|style$|srcdoc$)/.test(name)).map(({name}) => name),
            ...(element.matches('b, script[src], iframe, object, [src="x"], form, base') ? [element.outerHTML] : [])]));
        assert.deepEqual(strange, []);
        assert.equal(await page.locator('script').count(), 1);
        assert.deepEqual(page.complaints, []);
    }, {way});
}

async function text_of_others_turns_no_writing_around() {
    await visit('hostile', async page => {
        const text = await page.locator('body').innerText();
        assert.ok(!/[\u202a-\u202e\u2066-\u2069\u200e\u200f]/.test(text));
        assert.ok(text.includes('\\u202efdp.exe'));
        // What stands behind an Arabic name stands to its right.
        const card = page.locator('#columns h3', {hasText: 'العربية'});
        const [name, type] = [await card.locator('bdi').boundingBox(), await card.locator('.type').boundingBox()];
        assert.ok(name.x + name.width <= type.x);
    });
}

// ---- what it looks like -------------------------------------------------------------------------

async function nothing_is_wider_than_the_window() {
    for (const scene of SCENES) await visit(scene, async page => {
        for (const width of [320, 390, 768, 1280]) {
            await page.setViewportSize({width, height: 844});
            const wide = await page.evaluate(() => document.documentElement.scrollWidth);
            assert.ok(wide <= width, `${scene} is ${wide} wide in a window of ${width}`);
        }
    });
}

// Contrast as WCAG 2.2 defines it, of every text against what is behind it.
const faintTexts = () => {
    const channels = colour => colour.match(/[\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => [r, g, b].map(value => value / 255)
        .map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = element => {
        for (; element; element = element.parentElement) {
            const [r, g, b, alpha = 1] = channels(getComputedStyle(element).backgroundColor);
            if (alpha === 1) return [r, g, b];
        }
        return [255, 255, 255];
    };
    return [...document.querySelectorAll('body *:not(script)')]
        .filter(element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
        .map(element => {
            const [dark, light] = [channels(getComputedStyle(element).color), behind(element)].map(luminance).sort((a, b) => a - b);
            return {text: element.textContent.slice(0, 30), contrast: (light + 0.05) / (dark + 0.05)};
        })
        .filter(({contrast}) => contrast < 4.5);
};

async function every_text_stands_out_in_light_and_dark() {
    for (const scene of ['ordinary', 'trouble']) for (const colorScheme of ['light', 'dark']) await visit(scene, async page => {
        assert.deepEqual(await page.evaluate(faintTexts), [], `${scene} in ${colorScheme}`);
    }, {colorScheme});
}

async function light_and_dark_are_taken_from_the_reader() {
    const grounds = {};
    for (const colorScheme of ['light', 'dark']) await visit('ordinary', async page => {
        grounds[colorScheme] = await page.evaluate(() => Number(getComputedStyle(document.body).backgroundColor.match(/\d+/)[0]));
    }, {colorScheme});
    assert.ok(grounds.light > 200 && grounds.dark < 50, JSON.stringify(grounds));
}

// For people to look at: nothing is compared with them.
async function pictures_are_taken_at_two_widths_in_both_schemes() {
    for (const [name, width, height] of [['phone', 390, 844], ['desktop', 1280, 900]])
        for (const colorScheme of ['light', 'dark']) await visit('ordinary', async page => {
            const png = await page.screenshot({path: join(scenes, `${name}-${colorScheme}.png`)});
            assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [width, height]);
        }, {viewport: {width, height}, colorScheme});
}

async function paper_has_no_controls() {
    await visit('ordinary', async page => {
        assert.ok(await page.locator('#controls').isVisible());
        await page.emulateMedia({media: 'print'});
        assert.ok(!(await page.locator('#controls').isVisible()));
        assert.ok(!(await page.locator('#pause').isVisible()));
    });
}

// ---- sorting and filtering ----------------------------------------------------------------------

async function batches_sort_by_number_and_say_which_way() {
    await visit('ordinary', async page => {
        await sort(page, 'Rows');
        assert.equal(await heading(page, 'Rows').getAttribute('aria-sort'), 'descending');
        assert.ok(isAscending((await values(page, 4)).reverse()));
        await sort(page, 'Rows');
        assert.equal(await heading(page, 'Rows').getAttribute('aria-sort'), 'ascending');
        assert.ok(isAscending(await values(page, 4)));
        await sort(page, 'amount');
        assert.equal(await heading(page, 'Rows').getAttribute('aria-sort'), null);
        assert.ok(isAscending((await values(page, 7)).reverse()));
        // A rejected batch has no median, and stands at the end in either direction.
        assert.deepEqual((await keys(page)).slice(-2).sort(), ['58', '97']);
        await sort(page, 'amount');
        assert.deepEqual((await keys(page)).slice(-2).sort(), ['58', '97']);
    });
}

async function keys_that_are_numbers_sort_as_numbers() {
    await visit('ordinary', async page => {
        await sort(page, 'Batch');
        await sort(page, 'Batch');
        assert.deepEqual((await keys(page)).slice(0, 11), Array.from({length: 11}, (_, i) => String(i + 1)));
    });
}

async function batches_sort_by_keyboard_as_well() {
    await visit('ordinary', async page => {
        await page.locator('#find').focus();
        for (let i = 0; i < 20; i++) {
            await page.keyboard.press('Tab');
            if (await page.evaluate(() => document.activeElement.id) === 'sort-4') break;
        }
        await page.keyboard.press('Enter');
        assert.equal(await heading(page, 'Size').getAttribute('aria-sort'), 'descending');
        assert.ok(isAscending((await values(page, 5)).reverse()));
    });
}

async function batches_are_filtered_by_mark_rejection_and_key() {
    await visit('ordinary', async page => {
        await page.getByRole('button', {name: 'Rejected'}).click();
        assert.deepEqual(await keys(page), ['97', '58']);
        await page.getByRole('button', {name: 'Marked'}).click();
        assert.ok((await keys(page)).includes('94'));
        assert.ok(!(await keys(page)).includes('97'));
        await page.getByRole('button', {name: 'All'}).click();
        await page.locator('#find').fill('9');
        assert.equal((await keys(page)).length, 19);
        assert.equal(await page.locator('#shown').innerText(), '19 of 100 shown');
    });
}

async function order_and_filter_survive_a_reload() {
    for (const way of Object.keys(WAYS)) await visit('ordinary', async page => {
        await sort(page, 'Size');
        await page.getByRole('button', {name: 'Marked'}).click();
        await page.locator('#find').fill('9');
        const before = await keys(page);
        await page.reload();
        assert.deepEqual(await keys(page), before);
        assert.ok(before.length > 1 && before.length < 19);
        assert.equal(await page.locator('#find').inputValue(), '9');
        assert.equal(await heading(page, 'Size').getAttribute('aria-sort'), 'descending');
    }, {way});
}

// ---- renewing -----------------------------------------------------------------------------------

// Both in so much time of the page's own clock, which stands still otherwise.
const renews = async (page, ms) => {
    const loaded = page.waitForEvent('load');
    await page.clock.runFor(ms).catch(() => {}); // it may be called from a page that is gone when it answers
    await loaded;
};

const stays = async (page, ms) => {
    let loads = 0;
    const count = () => loads++;
    page.on('load', count);
    await page.clock.runFor(ms);
    await page.waitForTimeout(500);
    page.off('load', count);
    assert.equal(loads, 0, 'it was loaded anew');
};

async function page_renews_itself_and_stays_where_it_was() {
    for (const way of Object.keys(WAYS)) await visit('ordinary', async page => {
        await sort(page, 'Rows');
        await page.evaluate(() => scrollTo(0, 1500));
        await stays(page, 4 * SECOND);
        await renews(page, 2 * SECOND);
        assert.equal(await page.evaluate(() => Math.round(scrollY)), 1500);
        assert.equal(await page.evaluate(() => document.activeElement.id), 'sort-3');
        assert.equal(await heading(page, 'Rows').getAttribute('aria-sort'), 'descending');
        assert.ok(!page.url().includes('focus'));
    }, {way});
}

async function page_that_is_paused_stays_so_until_it_is_told() {
    await visit('ordinary', async page => {
        const pause = page.getByRole('button', {name: 'Pause'});
        await pause.click();
        await stays(page, 20 * SECOND);
        await page.reload();
        assert.equal(await pause.getAttribute('aria-pressed'), 'true');
        await pause.click();
        await renews(page, 7 * SECOND);
    });
}

async function page_is_not_taken_from_under_a_selection_or_a_word() {
    await visit('ordinary', async page => {
        await page.evaluate(() => getSelection().selectAllChildren(document.querySelector('h2')));
        await stays(page, 20 * SECOND);
        await page.evaluate(() => getSelection().removeAllRanges());
        await page.locator('#find').focus();
        await stays(page, 20 * SECOND);
        await page.locator('#find').blur();
        await renews(page, 7 * SECOND);
    });
}

async function page_stays_when_its_server_is_gone() {
    await visit('ordinary', async (page, site) => {
        await site.close();
        await stays(page, 20 * SECOND);
        assert.equal((await keys(page)).length, 100);
    }, {way: 'http'});
}

async function an_old_page_asks_whether_the_daemon_runs() {
    await visit('ordinary', async page => {
        await page.getByRole('button', {name: 'Pause'}).click();
        await page.clock.runFor(30 * SECOND);
        assert.match(await page.locator('.clock').innerText(), / · 3\d s ago/);
        assert.match(await page.title(), /^shared-data/);
        await page.clock.runFor(300 * SECOND);
        assert.match(await page.locator('.clock').innerText(), / · 6 min ago: is the daemon running\?/);
        assert.match(await page.title(), /^\(\?\) shared-data/);
    });
}

await check(page_loads_without_an_error_or_an_outside_request);
await check(every_link_and_picture_leads_to_a_file_that_is_there);
await check(policy_has_the_hashes_of_the_bytes_that_are_embedded);
await check(policy_refuses_what_is_slipped_in);
await check(batches_are_shown_with_the_newest_first);
await check(trouble_is_told_in_title_words_and_sign);
await check(an_older_page_has_its_batches_and_its_neighbours);
await check(all_but_controls_is_there_without_javascript);
await check(text_of_others_stays_text_and_runs_nothing);
await check(text_of_others_turns_no_writing_around);
await check(nothing_is_wider_than_the_window);
await check(every_text_stands_out_in_light_and_dark);
await check(light_and_dark_are_taken_from_the_reader);
await check(pictures_are_taken_at_two_widths_in_both_schemes);
await check(paper_has_no_controls);
await check(batches_sort_by_number_and_say_which_way);
await check(keys_that_are_numbers_sort_as_numbers);
await check(batches_sort_by_keyboard_as_well);
await check(batches_are_filtered_by_mark_rejection_and_key);
await check(order_and_filter_survive_a_reload);
await check(page_renews_itself_and_stays_where_it_was);
await check(page_that_is_paused_stays_so_until_it_is_told);
await check(page_is_not_taken_from_under_a_selection_or_a_word);
await check(page_stays_when_its_server_is_gone);
await check(an_old_page_asks_whether_the_daemon_runs);
await browser.close();
finish('browser');
