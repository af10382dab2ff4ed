// The inbox: live updates, "1 new message", which thread is open.
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

  markOpenThread();
  showPlace();
})();
