// Holds manifests against the schemas of the Kubernetes API.
//
//   node check.mjs FILE...             YAML, any number of documents in each
//   node check.mjs --json FILE...      prints each object as JSON, a line each, and checks nothing
//
// Prints "N objects" and exits 0; else what is wrong, a line each, and exits 1. NODE_PACKAGES is where "npm ci" put
// kubernetes-models, whose validators are made from the API's own description, and yaml.
import {readFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';

const packages = pathToFileURL(`${process.env.NODE_PACKAGES}/node_modules/`);
const {parseAllDocuments} = await import(new URL('yaml/dist/index.js', packages));
const wrong = [];
let objects = 0;

// Those validators let fields through that they do not know. But they ask for each that they know and for all of a map, so
// what is there and was never asked for has a name that the API does not have.
const watch = (value, path, unasked) => {
    if (value === null || typeof value !== 'object')
        return value;
    const places = new Map(Object.keys(value).map(key => [key, `${path}/${key}`]));
    const inner = new Map(Object.keys(value).map(key => [key, watch(value[key], `${path}/${key}`, unasked)]));
    if (!Array.isArray(value))
        places.forEach(place => unasked.add(place));
    return new Proxy(value, {
        get(target, key) {
            unasked.delete(places.get(key));
            return inner.has(key) ? inner.get(key) : target[key];
        },
    });
};

const modelOf = async ({apiVersion, kind}) => {
    const module = await import(new URL(`kubernetes-models/${apiVersion}/${kind}.js`, packages));
    return module[kind];
};

const check = async object => {
    const name = `${object.kind} ${object.metadata?.name}`;
    const unasked = new Set();
    objects++;
    try {
        const Model = await modelOf(object);
        Model.prototype.validate.call(watch(new Model(object), '', unasked));
    } catch (error) {
        wrong.push(`${name}: ${error.code === 'ERR_MODULE_NOT_FOUND' ? `no such kind in ${object.apiVersion}` : error.message}`);
        return;
    }
    // Nobody asks for what is below one of these either.
    const outermost = [...unasked].filter(place => ![...unasked].some(other => place.startsWith(`${other}/`)));
    wrong.push(...outermost.map(place => `${name}: ${place}: the API knows no such field`));
};

const [first, ...rest] = process.argv.slice(2);
const asJson = first === '--json';
const take = asJson ? object => console.log(JSON.stringify(object)) : check;
for (const file of asJson ? rest : [first, ...rest])
    for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
        wrong.push(...document.errors.map(error => `${file}: ${error.message}`));
        if (document.errors.length === 0)
            await take(document.toJS());
    }
if (objects === 0 && !asJson)
    wrong.push('there is nothing to check');
if (wrong.length > 0 || !asJson)
    console.log(wrong.length > 0 ? wrong.map(one => one.replace(/\s+/g, ' ')).join('\n') : `${objects} objects`);
process.exit(wrong.length > 0 ? 1 : 0);
