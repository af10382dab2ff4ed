// The composer from the first moment: Ctrl-Enter, what its requests carry, the lead's clock. What only a writer needs
// (templates, files, how long a text is) comes when somebody begins to write: `data-writing` on its form says from where.
(() => {
  'use strict';

  const AGAIN = 2_000; // ms until a script that did not come is asked for once more
  const FIRST_SIGNS = ['pointerdown', 'focusin', 'input', 'dragover'];
  const composerOf = (node) => node?.closest?.('[data-writing]');

  // ---- What comes when somebody begins to write --------------------------------------------------------------

  let arrive = null;
  const arrived = new Promise((resolve) => { arrive = resolve; });

  function load(address) {
    const script = document.createElement('script');
    script.src = address;
    script.addEventListener('load', arrive);
    script.addEventListener('error', () => setTimeout(load, AGAIN, address));
    document.head.append(script);
  }

  function begin(event) {
    const composer = composerOf(event.target);
    if (!composer) return;
    FIRST_SIGNS.forEach((type) => document.removeEventListener(type, begin));
    load(composer.dataset.writing);
  }

  FIRST_SIGNS.forEach((type) => document.addEventListener(type, begin));
  begin({ target: document.activeElement });

  // ---- Files: dropped, pasted or chosen. They and their mail wait for the script that brings them (files.js) --------

  function give(event, files) {
    event.preventDefault();
    const composer = composerOf(event.target);
    if (!composer?.querySelector('[data-attach]')) return;
    composer.waiting = (composer.waiting ?? 0) + 1;
    composer.querySelectorAll('[name="channel"]:not(:checked)').forEach((radio) => { radio.disabled = true; });
    arrived.then(() => {
      composer.waiting -= 1;
      composer.dispatchEvent(new CustomEvent('files', { bubbles: true, detail: files }));
    });
  }

  // A file dropped beside the composer would take the page's place, and what was typed with it.
  for (const type of ['dragover', 'drop']) {
    document.addEventListener(type, (event) => {
      const { types, files } = event.dataTransfer;
      if (!types.includes('Files') || event.target.matches?.('[type="file"]')) return;
      if (type === 'drop') give(event, [...files]);
      else event.preventDefault();
    });
  }

  document.addEventListener('paste', (event) => {
    const data = event.clipboardData;
    const isFile = data?.files.length && !data.types.includes('text/plain'); // a table's picture comes with its words
    if (isFile && composerOf(event.target)) give(event, [...data.files]);
  });

  document.addEventListener('change', (event) => {
    const input = event.target;
    if (!input.matches('[data-attach]')) return;
    give(event, [...input.files]);
    input.value = '';
  });

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.waiting) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    arrived.then(() => form.requestSubmit(event.submitter));
  }, true);

  // ---- Ctrl-Enter, and what requests carry -----------------------------------------------------------------

  document.addEventListener('keydown', (event) => {
    const sends = event.target.matches?.('[data-send-on-ctrl-enter]') && event.key === 'Enter' && (event.ctrlKey || event.metaKey);
    if (sends) event.target.form.requestSubmit();
  });

  // A message on its way is no draft: kept after it left, it would stand in the next composer again.
  document.addEventListener('htmx:before:request', (event) => {
    const { sourceElement } = event.detail.ctx;
    if (sourceElement.matches?.('.composer[aria-busy="true"] > i')) event.preventDefault();
  });

  document.addEventListener('htmx:config:request', (event) => {
    const { ctx } = event.detail;
    const isEmpty = composerOf(ctx.sourceElement) && !ctx.values?.files;
    if (isEmpty) ctx.request.body.delete('files'); // the field without files, which would be sent as words
  });

  // ---- The lead's clock goes on while the page is open ---------------------------------------------------------

  function moveClocks() {
    document.querySelectorAll('time[data-zone]').forEach((time) => {
      time.seenAt ??= { ours: Date.now(), words: time.textContent };
      const moment = Date.parse(time.dateTime) + Date.now() - time.seenAt.ours;
      const twelve = /[AP]M/i.test(time.seenAt.words);
      const options = { hour: twelve ? 'numeric' : '2-digit', minute: '2-digit', hour12: twelve, timeZone: time.dataset.zone };
      time.textContent = new Intl.DateTimeFormat('en', options).format(moment);
    });
  }

  setInterval(moveClocks, 20_000);
})();
