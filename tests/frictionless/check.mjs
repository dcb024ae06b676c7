// Reads batches as anybody would who knows Frictionless and not us: by its own library, datapackage-js.
//
//   node check.mjs resources DIRECTORY      each metadata_N.json is a valid resource; its rows are of their types, and
//                                           as many as it states
//   node check.mjs package DIRECTORY        datapackage.json is a valid package, and so is every resource in it
//
// Prints "N resources, R rows" and exits 0; else what is wrong, a line each, and exits 1.
import {readFileSync, readdirSync} from 'node:fs';
import {createRequire} from 'node:module';

const {Package, Resource, validate} = createRequire(`${process.env.NODE_PACKAGES}/`)('datapackage');
const [what, directory] = process.argv.slice(2);
const wrong = [];
let resources = 0;
let rows = 0;

// The library casts each cell to its field's type, and throws where one is not of it.
const readRows = async resource => {
    const {name, record_count: stated} = resource.descriptor;
    resources++;
    if (!resource.tabular)
        wrong.push(`${name}: no tabular resource`);
    const found = (await resource.read({keyed: true})).length;
    rows += found;
    if (found !== stated)
        wrong.push(`${name}: ${found} rows, and it states ${stated}`);
};

const checkResource = async name => {
    const descriptor = JSON.parse(readFileSync(`${directory}/${name}`));
    const resource = await Resource.load(descriptor, {basePath: directory});
    if (resource.valid)
        await readRows(resource);
    else
        wrong.push(...resource.errors.map(error => `${name}: ${error.message}`));
};

const checkPackage = async () => {
    const {valid, errors} = await validate(`${directory}/datapackage.json`);
    if (!valid) {
        wrong.push(...errors.map(error => `datapackage.json: ${error.message}`));
        return;
    }
    for (const resource of (await Package.load(`${directory}/datapackage.json`)).resources)
        await readRows(resource);
};

const guarded = async (name, work) => {
    try {
        await work();
    } catch (error) {
        const causes = error.errors?.length ? error.errors : [error];
        wrong.push(...causes.map(cause => `${name}: ${cause.message}`));
    }
};

if (what === 'package')
    await guarded('datapackage.json', checkPackage);
else
    for (const name of readdirSync(directory).filter(one => /^metadata_.*\.json$/.test(one)))
        await guarded(name, () => checkResource(name));

console.log(wrong.length > 0 ? wrong.map(one => one.replace(/\s+/g, ' ')).join('\n') : `${resources} resources, ${rows} rows`);
process.exit(wrong.length > 0 ? 1 : 0);
