// Sorting, filtering and renewing the page. All of its state is in the address, behind the "#": it survives a reload
// where a browser gives a file:// page no storage, and an address can be handed on with what it shows.
'use strict';
(() => {
    const RENEW_MS = 5000;
    const STALE_MS = 60000;
    const state = new URLSearchParams(location.hash.slice(1));
    const element = id => document.getElementById(id);

    const keep = (name, value) => {
        if (value) state.set(name, value);
        else state.delete(name);
        const hash = state.toString();
        history.replaceState(null, '', hash ? '#' + hash : location.href.split('#')[0]);
    };

    // ---- the table: which rows, in which order ----

    const table = document.querySelector('table.batches');
    const rows = table ? [...table.tBodies[0].rows] : [];
    const collator = new Intl.Collator('en', {numeric: true});

    // What has no number stands last, whichever way the others go.
    const COMPARE = {
        number: (a, b, sign) => {
            const left = parseFloat(a.dataset.value), right = parseFloat(b.dataset.value);
            if (isNaN(left) || isNaN(right)) return isNaN(left) - isNaN(right);
            return sign * (left - right);
        },
        key: (a, b, sign) => sign * collator.compare(a.textContent, b.textContent),
        text: (a, b, sign) => sign * (a.textContent < b.textContent ? -1 : a.textContent > b.textContent ? 1 : 0),
    };

    const sortBy = (column, way) => {
        const headings = [...table.tHead.rows[0].cells];
        const heading = headings[column];
        if (!heading) return;
        const compare = COMPARE[heading.dataset.sort];
        const sign = way === 'up' ? 1 : -1;
        headings.forEach(other => other.removeAttribute('aria-sort'));
        heading.setAttribute('aria-sort', sign > 0 ? 'ascending' : 'descending');
        const order = rows.slice().sort((a, b) => compare(a.cells[column], b.cells[column], sign));
        table.tBodies[0].append(...order);
    };

    const addSortButtons = () => {
        [...table.tHead.rows[0].cells].forEach((heading, column) => {
            const button = document.createElement('button');
            button.type = 'button';
            button.id = 'sort-' + column;
            button.append(...heading.childNodes);
            heading.append(button);
            button.addEventListener('click', () => {
                const way = heading.getAttribute('aria-sort') === 'descending' ? 'up' : 'down';
                keep('sort', column + '.' + way);
                sortBy(column, way);
            });
        });
    };

    const filter = () => {
        const show = state.get('show') || 'all';
        const find = (state.get('find') || '').toLowerCase();
        let shown = 0;
        for (const row of rows) {
            const fits = (show === 'all' || row.classList.contains(show)) &&
                row.cells[0].textContent.toLowerCase().includes(find);
            row.hidden = !fits;
            shown += fits;
        }
        for (const button of document.querySelectorAll('[data-show]'))
            button.setAttribute('aria-pressed', button.dataset.show === show);
        element('shown').textContent = shown === rows.length ? '' : shown + ' of ' + rows.length + ' shown';
    };

    const addControls = () => {
        const find = element('find');
        find.value = state.get('find') || '';
        find.addEventListener('input', () => { keep('find', find.value); filter(); });
        for (const button of document.querySelectorAll('[data-show]'))
            button.addEventListener('click', () => {
                keep('show', button.dataset.show === 'all' ? '' : button.dataset.show);
                filter();
            });
        element('controls').hidden = false;
        filter();
    };

    if (table) {
        addSortButtons();
        addControls();
        const [column, way] = (state.get('sort') || '').split('.');
        if (column) sortBy(Number(column), way);
    }

    // ---- renewing ----

    const loaded = performance.now();
    const pause = element('pause');
    let asking = false;

    // A reload would take a selection, or a word that is being typed, from under the reader's hands.
    const busy = () => document.hidden || state.has('pause') || asking ||
        String(getSelection()) !== '' || document.activeElement === element('find');

    // Where the server does not answer, the page stays, and not the browser's word for it.
    const renew = async () => {
        asking = true;
        try {
            const answer = location.protocol === 'file:' || (await fetch(location.pathname, {method: 'HEAD', cache: 'no-store'})).ok;
            if (answer && !(asking = false, busy())) {
                keep('focus', document.activeElement.id);
                location.reload();
            }
        } catch {
            // asked again with the next tick
        }
        asking = false;
    };

    const words = seconds => seconds < 90 ? seconds + ' s' : seconds < 5400 ? Math.round(seconds / 60) + ' min' :
        Math.round(seconds / 3600) + ' h';

    const tellAge = () => {
        const age = Date.now() - Date.parse(element('written').firstElementChild.dateTime);
        const stale = age > STALE_MS;
        element('age').textContent = age < 1500 ? '' : ' · ' + words(Math.round(age / 1000)) + ' ago';
        element('age').classList.toggle('stale', stale);
        if (stale) {
            element('age').textContent += ': is the daemon running?';
            if (!document.title.startsWith('(')) document.title = '(?) ' + document.title;
        }
    };

    const tick = () => {
        tellAge();
        if (performance.now() - loaded >= RENEW_MS && !busy()) renew();
    };

    if ('renews' in document.body.dataset) {
        const showPause = () => pause.setAttribute('aria-pressed', state.has('pause'));
        pause.addEventListener('click', () => { keep('pause', state.has('pause') ? '' : '1'); showPause(); });
        pause.hidden = false;
        showPause();
        if (state.has('focus')) element(state.get('focus'))?.focus({preventScroll: true});
        keep('focus', '');
        tellAge();
        setInterval(tick, 1000);
        document.addEventListener('visibilitychange', tick);
    }
})();
