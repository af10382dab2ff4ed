// The inbox and the composer: live updates, "1 new message", the template picker, inserting merge fields.
// Polling, not a stream: a stream would hold a server thread per tab (README). Hidden tabs do not ask.
(() => {
  'use strict';

  const POLL_EVERY = 2_000; // ms; with the answer's own time, news is on the screen within 3 seconds
  const NEAR_END = 80; // px; closer than this the reader counts as being at the end
  const byId = (id) => document.getElementById(id);

  // ---- Live updates ---------------------------------------------------------------------------------------

  function poll() {
    if (document.hidden) return;
    document.querySelectorAll('[data-live]').forEach((part) => htmx.trigger(part, 'poll', {}, false));
  }

  setInterval(poll, POLL_EVERY);
  document.addEventListener('visibilitychange', poll);

  // ---- The log: stay where the reader is, and say what came below -------------------------------------------

  const isAtEnd = (log) => log.scrollHeight - log.scrollTop - log.clientHeight <= NEAR_END;
  const countMessages = () => document.querySelectorAll('#live-messages > .message').length;
  let before = null; // what the log held before a swap, when its reader had scrolled up

  document.addEventListener('htmx:before:swap', () => {
    const log = byId('log');
    before = log && !isAtEnd(log) ? { log, count: countMessages() } : null;
  });

  function announceNew() {
    const button = byId('new-messages');
    const log = byId('log');
    if (!button || !before || before.log !== log) return;
    const added = countMessages() - before.count;
    if (added < 1) return;
    button.waiting = (button.waiting ?? 0) + added;
    button.textContent = button.waiting === 1 ? '1 new message' : `${button.waiting} new messages`;
    button.hidden = false;
  }

  function forgetNew(button) {
    button.hidden = true;
    button.waiting = 0;
  }

  document.addEventListener('click', (event) => {
    if (event.target.id !== 'new-messages') return;
    byId('log').scrollTop = byId('log').scrollHeight;
    forgetNew(event.target);
  });

  document.addEventListener('scroll', (event) => {
    if (event.target.id === 'log' && isAtEnd(event.target)) forgetNew(byId('new-messages'));
  }, true);

  /** A thread opens at its end, or at the message that a search found. */
  function showPlace() {
    const log = byId('log');
    const found = byId(log?.dataset.found);
    if (found) found.scrollIntoView({ block: 'center' });
    else if (log) log.scrollTop = log.scrollHeight;
  }

  // ---- Which thread is open ---------------------------------------------------------------------------------

  function markOpenThread() {
    const open = document.querySelector('[data-conversation]')?.dataset.conversation;
    const inbox = byId('inbox');
    if (!inbox) return;
    inbox.classList.toggle('open', Boolean(open));
    inbox.classList.toggle('no-lead', !open);
    document.querySelectorAll('[data-thread]').forEach((link) => {
      if (link.dataset.thread === open) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    });
  }

  document.addEventListener('htmx:after:swap', (event) => {
    markOpenThread();
    announceNew();
    if (event.detail.ctx.target?.id === 'conversation') showPlace();
  });

  // ---- Menus whose items arrive when they open ------------------------------------------------------------------

  document.addEventListener('htmx:after:swap', (event) => {
    const menu = event.detail.ctx.target;
    if (menu?.matches?.('.menu:popover-open') && !menu.contains(document.activeElement)) {
      menu.querySelector('[role="menuitem"]')?.focus();
    }
  });

  // ---- A channel chosen by hand: what is typed next is the message, not a shortcut ---------------------------------

  let isPointing = false;

  document.addEventListener('pointerdown', (event) => {
    isPointing = Boolean(event.target.closest('.composer-head .segmented'));
  });

  document.addEventListener('keydown', () => { isPointing = false; });

  document.addEventListener('htmx:after:swap', () => {
    if (isPointing) document.activeElement.closest('.composer')?.querySelector('textarea').focus();
  });

  // ---- The template picker: "/" in an empty message, or at the start of its last line --------------------------

  const opensPicker = (area) => area.selectionStart === area.value.length && /(^|\n)\/$/.test(area.value);

  document.addEventListener('input', (event) => {
    const picker = byId(event.target.dataset?.templatePicker);
    if (!picker || !opensPicker(event.target)) return;
    picker.showPopover();
    picker.querySelector('[role="combobox"]').focus(); // at once: `toggle` comes later than the next letter
  });

  /** Above its composer: the list grows when the templates arrive. */
  function placePicker(picker) {
    const box = picker.closest('.composer').getBoundingClientRect();
    picker.style.top = 'auto';
    picker.style.bottom = `${innerHeight - box.top + 4}px`;
    picker.style.left = `${box.left}px`;
  }

  document.addEventListener('toggle', (event) => {
    if (!event.target.matches?.('.template-picker') || event.newState !== 'open') return;
    placePicker(event.target);
    const search = event.target.querySelector('[role="combobox"]');
    search.focus();
    htmx.trigger(search, 'opened');
  }, true);

  document.addEventListener('change', (event) => {
    event.target.closest('.template-picker')?.hidePopover(); // a template was chosen
  });

  document.addEventListener('keydown', (event) => {
    // Enter chooses (keys.js); where nothing is to choose it must not send the form that the picker is part of.
    if (event.key === 'Enter' && event.target.closest?.('.template-picker')) event.preventDefault();
  });

  /** What a template could not fill is selected, to be written over. */
  function selectHole() {
    const area = document.querySelector('textarea[data-hole]');
    const start = area?.value.indexOf(area.dataset.hole) ?? -1;
    if (start < 0 || area !== document.activeElement) return;
    area.setSelectionRange(start, start + area.dataset.hole.length);
    delete area.dataset.hole;
  }

  document.addEventListener('htmx:after:swap', selectHole);
  document.addEventListener('focusin', selectHole);

  // ---- A message on its way is no draft: kept after it left, it would stand in the next composer again ------------

  document.addEventListener('htmx:before:request', (event) => {
    const { sourceElement } = event.detail.ctx;
    if (sourceElement.matches?.('.composer[aria-busy="true"] > i')) event.preventDefault();
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

  // ---- Merge fields ------------------------------------------------------------------------------------------

  document.addEventListener('click', (event) => {
    const item = event.target.closest('[data-insert]');
    const area = item && byId(item.dataset.into);
    if (!area) return;
    area.setRangeText(item.dataset.insert, area.selectionStart, area.selectionEnd, 'end');
    area.focus();
    area.dispatchEvent(new Event('input', { bubbles: true }));
  });

  markOpenThread();
  showPlace();
})();

// Files in the composer: chosen, dropped or pasted; sent one at a time with their progress; listed by the server.
(() => {
  'use strict';

  const PATIENCE = '1200s'; // 10 MB over a slow line; htmx gives up after a minute otherwise
  const NOT_YET = 'Files are still on their way. Send when they are here.';
  const byId = (id) => document.getElementById(id);
  const inputOf = (node) => node.closest?.('.composer')?.querySelector('[data-attach]');
  const carriesFiles = (transfer) => transfer?.types.includes('Files');

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
    if (!ctx.sourceElement.closest?.('.composer')) return;
    if (ctx.values?.files) ctx.request.timeout = PATIENCE;
    else ctx.request.body.delete('files'); // the emptied field, which would be sent as words
  });

  // ---- Three ways in -------------------------------------------------------------------------------------

  document.addEventListener('change', (event) => {
    const input = event.target;
    if (!input.matches('[data-attach]')) return;
    const files = [...input.files];
    input.value = '';
    attach(input, files);
  });

  document.addEventListener('paste', (event) => {
    const input = inputOf(event.target);
    const data = event.clipboardData;
    if (!input || !data?.files.length || data.types.includes('text/plain')) return; // a table's picture comes with its words
    event.preventDefault();
    attach(input, [...data.files]);
  });

  for (const type of ['dragover', 'drop']) {
    document.addEventListener(type, (event) => {
      if (!carriesFiles(event.dataTransfer) || event.target.matches?.('[type="file"]')) return;
      event.preventDefault(); // a file dropped beside the composer would take the page's place, and what was typed with it
      const input = inputOf(event.target);
      markOver(type === 'dragover' ? input?.form : null);
      if (type === 'drop' && input) attach(input, [...event.dataTransfer.files]);
      else if (!input) event.dataTransfer.dropEffect = 'none';
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
