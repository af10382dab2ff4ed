// Files that the composer was given: sent one at a time with their progress; listed by the server.
(() => {
  'use strict';

  const PATIENCE = '1200s'; // 10 MB over a slow line; htmx gives up after a minute otherwise
  const NOT_YET = 'Files are still on their way. Send when they are here.';
  const byId = (id) => document.getElementById(id);
  const inputOf = (node) => node.closest?.('.composer')?.querySelector('[data-attach]');

  // ---- One upload ----------------------------------------------------------------------------------------

  /** What `fetch` does, by XMLHttpRequest, which alone tells how much of the body has left: `tell` gets 0 to 1. */
  function fetchTelling(tell) {
    return (url, request) => new Promise((resolve, reject) => {
      const call = new XMLHttpRequest();
      call.open(request.method, url);
      Object.entries(request.headers).forEach(([name, value]) => call.setRequestHeader(name, value));
      call.upload.addEventListener('progress', (event) => tell(event.loaded / event.total));
      call.addEventListener('load', () => resolve(responseOf(call)));
      call.addEventListener('error', () => reject(new TypeError('The upload broke off.')));
      call.addEventListener('abort', () => reject(new DOMException('The upload was given up.', 'AbortError')));
      request.signal.addEventListener('abort', () => call.abort());
      call.send(request.body);
    });
  }

  function responseOf(call) {
    const lines = call.getAllResponseHeaders().trim().split('\r\n');
    const headers = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
    return new Response(call.responseText || null, { status: call.status, headers });
  }

  async function upload(input, { file, row }) {
    let isAnswered = false;
    const send = fetchTelling((share) => { row.querySelector('progress').value = share; });
    const noteAnswer = (response) => {
      isAnswered = response.ok || Boolean(response.headers.get('HX-Retarget')) || [413, 422].includes(response.status);
      return response;
    };
    const box = input.dataset.attach;
    await htmx.ajax('POST', input.getAttribute('hx-post'), {
      source: input,
      target: `#${box}-files`,
      swap: 'outerHTML',
      values: { files: file },
      fetch: (url, request) => send(url, request).then(noteAnswer),
    });
    row.remove();
    if (!isAnswered) return `${file.name} could not be attached.`;
    return complaintOf(box).textContent.trim();
  }

  const complaintOf = (box) => byId(`${box}-files-error`);

  function complain(box, words) {
    const complaint = complaintOf(box);
    complaint.querySelector('span').textContent = words;
    complaint.hidden = !words;
  }

  // ---- Several, one after the other; nothing is sent meanwhile -------------------------------------------

  /** A line with the file's name and its progress, until the server lists it. */
  function showOnItsWay(box, file) {
    const row = document.createElement('li');
    const name = document.createElement('b');
    const progress = document.createElement('progress');
    name.textContent = file.name;
    progress.value = 0;
    progress.setAttribute('aria-label', `Uploading ${file.name}`);
    row.append(name, progress);
    byId(`${box}-uploads`).append(row);
    return { file, row };
  }

  async function attach(input, files) {
    const { form, dataset } = input;
    const isLarge = (file) => file.size > Number(dataset.largest);
    const complaints = files.filter(isLarge).map((file) => `${file.name} is larger than ${dataset.largestWords}.`);
    const waiting = files.filter((file) => !isLarge(file)).map((file) => showOnItsWay(dataset.attach, file));
    hold(form, waiting.length);
    const turn = (form.uploads ?? Promise.resolve()).then(async () => {
      for (const one of waiting) {
        const words = await upload(input, one);
        if (words) complaints.push(words);
        else window.leadcrm.say(`${one.file.name} attached`);
        hold(form, -1);
      }
      complain(dataset.attach, complaints.join(' '));
    });
    form.uploads = turn;
    await turn;
  }

  /** While files are on their way the mail is not sent, and its channel not left. */
  function hold(form, change) {
    form.onTheirWay = (form.onTheirWay ?? 0) + change;
    form.querySelectorAll('[name="channel"]:not(:checked)').forEach((radio) => { radio.disabled = form.onTheirWay > 0; });
  }

  document.addEventListener('submit', (event) => {
    if (!event.target.onTheirWay) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    complain(inputOf(event.target).dataset.attach, NOT_YET);
  }, true);

  document.addEventListener('htmx:before:request', (event) => {
    if (event.detail.ctx.target?.onTheirWay) event.preventDefault();
  });

  window.addEventListener('beforeunload', (event) => {
    if ([...document.forms].some((form) => form.onTheirWay)) event.preventDefault();
  });

  document.addEventListener('htmx:config:request', (event) => {
    const { ctx } = event.detail;
    if (ctx.values?.files) ctx.request.timeout = PATIENCE;
  });

  // ---- From the composer (composer.js), which shows where a drop would go ----------------------------------

  document.addEventListener('files', (event) => attach(inputOf(event.target), event.detail));

  for (const type of ['dragover', 'drop']) {
    document.addEventListener(type, (event) => {
      if (!event.dataTransfer.types.includes('Files') || event.target.matches?.('[type="file"]')) return;
      const input = inputOf(event.target);
      markOver(type === 'dragover' ? input?.form : null);
      if (!input) event.dataTransfer.dropEffect = 'none';
    });
  }

  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) markOver(null); // it left the window
  });

  function markOver(form) {
    document.querySelectorAll('.composer').forEach((composer) => composer.classList.toggle('over', composer === form));
  }

  // ---- Focus after the last file was removed -------------------------------------------------------------

  document.addEventListener('htmx:after:swap', (event) => {
    const { sourceElement } = event.detail.ctx;
    if (!sourceElement.matches?.('[data-detach]')) return;
    const list = document.querySelector('.composer-files .file-list');
    if (!list) document.querySelector('[data-attach]')?.focus();
  });
})();
