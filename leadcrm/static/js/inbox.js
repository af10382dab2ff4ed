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
