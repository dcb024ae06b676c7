// A directory of pages, over file:// and over HTTP on this machine, and a Chromium that writes down what it asked for
// and what it complained about.
import {createServer} from 'node:http';
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {basename, extname, join} from 'node:path';
import {pathToFileURL} from 'node:url';

// NODE_PACKAGES is where "npm ci" put them, which is beside what else is built.
const {chromium} = createRequire(join(process.env.NODE_PACKAGES, 'package.json'))('playwright-core');

// Root has no sandbox of Chromium's; what is loaded is our own.
export const startBrowser = () => chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: process.getuid() === 0 ? ['--no-sandbox'] : [],
});

const TYPES = {'.html': 'text/html', '.png': 'image/png', '.json': 'application/json'};

// As any server of plain files: a name is looked up as it is, once its percents are read.
const answer = (directory, asked) => async (request, response) => {
    asked();
    try {
        const name = basename(decodeURIComponent(new URL(request.url, 'http://localhost').pathname)) || 'index.html';
        const body = await readFile(join(directory, name));
        response.writeHead(200, {'Content-Type': TYPES[extname(name)] ?? 'text/plain', 'Cache-Control': 'no-cache'});
        response.end(request.method === 'HEAD' ? undefined : body);
    } catch {
        response.writeHead(404);
        response.end();
    }
};

// {url(name), asked(): how often, close()}
export const overHttp = async directory => {
    let asked = 0;
    const server = createServer(answer(directory, () => asked++));
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    return {
        url: name => `http://127.0.0.1:${server.address().port}/${name}`,
        asked: () => asked,
        close: () => new Promise(resolve => {
            server.closeAllConnections();
            server.close(resolve);
        }),
    };
};

export const overFile = async directory => ({
    url: name => pathToFileURL(join(directory, name)).href,
    close: async () => {},
});

// Opens an address; page.complaints and page.requests grow as long as it lives.
export const open = async (browser, url, {settings = {}, now} = {}) => {
    const context = await browser.newContext({viewport: {width: 1280, height: 900}, ...settings});
    const page = await context.newPage();
    page.complaints = [];
    page.requests = [];
    page.on('console', message => message.type() === 'error' && page.complaints.push(message.text()));
    page.on('pageerror', error => page.complaints.push(String(error)));
    page.on('dialog', dialog => {
        page.complaints.push(`a dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    page.on('request', request => page.requests.push(request.url()));
    if (now) {
        await page.clock.install({time: now});
        await page.clock.pauseAt(Date.parse(now) + 1000); // from here on it moves when it is told
    }
    await page.goto(url);
    return page;
};

// Pictures below the window are asked for only when they are looked at.
export const showPictures = page => page.evaluate(async () => {
    for (const picture of document.images) picture.loading = 'eager';
    await Promise.all([...document.images].map(picture => picture.decode()));
});
