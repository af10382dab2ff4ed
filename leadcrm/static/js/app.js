// Behaviour of every page: dialogs, menus, toasts, busy forms, offline, focus, times. Lists and keys: keys.js.
// Plain event delegation on the document, so whatever htmx brings later works without set-up.
(() => {
  'use strict';

  const TOAST_LIFE = 10; // seconds, where the toast names none
  const TICK = 250; // ms
  const byId = (id) => document.getElementById(id);

  // ---- Dialogs -------------------------------------------------------------------------------------------

  let opener = null; // what had the focus before a dialog opened

  function openDialog(dialog) {
    if (!dialog || dialog.open) return;
    opener = document.activeElement;
    dialog.showModal();
    if (dialog.id !== 'palette') return;
    const input = dialog.querySelector('input');
    input.select(); // what was sought before goes with the first letter
    htmx.trigger(input, 'open');
  }

  function openArrivedDialogs() {
    document.querySelectorAll('dialog[data-modal]:not([open])').forEach((dialog) => {
      if (byId(dialog.id) === dialog) openDialog(dialog);
      else dialog.remove(); // two requests asked for the same sign-in
    });
  }

  function restoreFocus() {
    if (document.activeElement !== document.body || !opener) return;
    (document.querySelector(`[popovertarget="${opener.closest('.menu')?.id}"]`) ?? opener).focus(); // a menu is closed
    opener = null;
  }

  document.addEventListener('close', (event) => {
    if (event.target.matches('dialog[data-modal]')) event.target.remove();
    restoreFocus();
  }, true); // `close` does not bubble

  // The topmost only: under a sign-in there may be a form that was being filled.
  document.addEventListener('close-dialog', () => {
    [...document.querySelectorAll('dialog[data-modal][open]')].at(-1)?.close();
  });

  document.addEventListener('click', (event) => {
    const opens = event.target.closest('[data-opens]');
    if (opens) openDialog(byId(opens.dataset.opens));
    if (event.target.closest('[data-dialog-close]')) event.target.closest('dialog').close();
    if (event.target.matches('dialog.palette')) event.target.close(); // a click on its backdrop
  });

  document.addEventListener('htmx:confirm', (event) => {
    const { ctx, issueRequest, dropRequest } = event.detail;
    if (!ctx.confirm) return;
    event.preventDefault();
    const dialog = byId('confirm');
    byId('confirm-text').textContent = ctx.confirm;
    byId('confirm-yes').textContent = ctx.sourceElement.dataset.confirmLabel || 'Continue';
    byId('confirm-no').textContent = ctx.sourceElement.dataset.refuseLabel || 'Cancel';
    dialog.returnValue = 'no';
    dialog.addEventListener('close', () => (dialog.returnValue === 'yes' ? issueRequest() : dropRequest()), { once: true });
    openDialog(dialog);
  });

  // ---- Menus (native popovers; the browser closes them on Esc and outside clicks) ------------------------

  function placeMenu(menu) {
    const button = document.querySelector(`[popovertarget="${menu.id}"]`);
    if (!button) return;
    const anchor = button.getBoundingClientRect();
    const box = menu.getBoundingClientRect();
    const below = anchor.bottom + 4;
    const fits = below + box.height <= innerHeight;
    menu.style.top = `${fits ? below : Math.max(8, anchor.top - box.height - 4)}px`;
    menu.style.left = `${Math.max(8, Math.min(anchor.left, innerWidth - box.width - 8))}px`;
  }

  document.addEventListener('toggle', (event) => {
    if (!event.target.matches('.menu')) return;
    if (event.newState !== 'open') {
      event.target.removeAttribute('style'); // htmx would copy it to the next rendering, which the CSP blocks
      return;
    }
    placeMenu(event.target);
    event.target.querySelector('[role="menuitem"]')?.focus();
  }, true);

  function moveInMenu(menu, key) {
    const items = [...menu.querySelectorAll('[role="menuitem"]')];
    const at = items.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[key];
    if (next === undefined) return false;
    items[next % items.length].focus();
    return true;
  }

  document.addEventListener('keydown', (event) => {
    const menu = event.target.closest?.('.menu');
    if (menu && moveInMenu(menu, event.key)) event.preventDefault();
  });

  document.addEventListener('click', (event) => {
    const item = event.target.closest('.menu [role="menuitem"]');
    if (item) item.closest('.menu').hidePopover();
  });

  // ---- Toasts --------------------------------------------------------------------------------------------

  function ageToasts() {
    document.querySelectorAll('[data-toast=""]').forEach((toast) => {
      if (toast.matches(':hover, :focus-within')) return;
      toast.lifeLeft = (toast.lifeLeft ?? (toast.dataset.seconds ?? TOAST_LIFE) * 1000) - TICK;
      if (toast.lifeLeft <= 0) toast.remove();
    });
  }

  function showError(text) {
    const toast = document.createElement('div');
    toast.className = 'toast tone-red';
    toast.dataset.toast = 'stay';
    const words = document.createElement('p');
    words.textContent = text;
    const close = document.createElement('button');
    close.type = 'button';
    close.dataset.dismiss = '';
    close.textContent = 'Dismiss';
    toast.append(words, close);
    byId('toasts').append(toast);
  }

  function removeToast(toast) {
    if (toast.matches(':focus-within')) byId('main').focus({ preventScroll: true });
    toast.remove();
  }

  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-dismiss]')) removeToast(event.target.closest('[data-toast]'));
  });

  // The Undo button is the target of its own reply: gone too early, htmx would drop what the reply brings.
  document.addEventListener('htmx:finally:request', (event) => {
    if (event.target.matches?.('.toast-undo')) removeToast(event.target.closest('[data-toast]'));
  });

  // ---- Forms: one submission at a time, unsaved changes, files -------------------------------------------

  const isBusy = (form) => form.getAttribute('aria-busy') === 'true';
  const isWriting = (ctx) => ctx.sourceElement.matches('form') && ctx.request.method !== 'GET';

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (isBusy(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (form.method === 'post' && !form.matches('[hx-post], [hx-put], [hx-patch], [hx-delete]')) {
      form.setAttribute('aria-busy', 'true');
    }
  }, true);

  document.addEventListener('htmx:before:request', (event) => {
    const { ctx } = event.detail;
    if (isWriting(ctx)) ctx.sourceElement.setAttribute('aria-busy', 'true');
    byId('progress')?.classList.add('on');
  });

  document.addEventListener('htmx:finally:request', (event) => {
    const { ctx } = event.detail;
    if (isWriting(ctx)) ctx.sourceElement.removeAttribute('aria-busy');
    byId('progress')?.classList.remove('on');
  });

  window.addEventListener('pageshow', () => {
    document.querySelectorAll('form[aria-busy]').forEach((form) => form.removeAttribute('aria-busy'));
  });

  document.addEventListener('input', (event) => {
    const form = event.target.form;
    if (form?.matches('[data-dirty-save]')) form.querySelector('[type="submit"]').disabled = false;
  });

  document.addEventListener('change', (event) => {
    const input = event.target;
    if (input.matches('.file-drop input')) {
      input.closest('.file-drop').querySelector('.file-names').textContent = [...input.files].map((file) => file.name).join(', ');
    }
    if (input.matches('[data-theme-choice]')) {
      document.documentElement.dataset.theme = input.value; // another word than light or dark is the system's choice
    }
  });

  // After a sign-in over the page, its forms carry the new session's token.
  document.addEventListener('token-renewed', (event) => {
    document.body.setAttribute('hx-headers:inherited', JSON.stringify({ 'X-CSRFToken': event.detail.token }));
    document.querySelectorAll('input[name="csrf_token"]').forEach((input) => { input.value = event.detail.token; });
  });

  for (const type of ['dragenter', 'dragleave', 'drop']) {
    document.addEventListener(type, (event) => {
      event.target.closest?.('.file-drop')?.classList.toggle('over', type === 'dragenter');
    });
  }

  // ---- The server does not answer, or breaks -------------------------------------------------------------

  const BY_HAND = 'form:not([data-switch]), a, button, input, textarea, select';
  let failed = null; // whose request did not arrive

  function showOffline(isOffline) {
    const banner = byId('offline');
    if (banner) banner.hidden = !isOffline;
  }

  document.addEventListener('htmx:error', (event) => {
    const { ctx } = event.detail;
    if (!ctx || ctx.response) return; // an error of ours after the answer came is in the console
    const isByHand = ctx.sourceElement.matches(BY_HAND);
    if (isByHand || !failed?.isConnected) failed = isByHand ? ctx.sourceElement : null;
    showOffline(true);
  });

  document.addEventListener('htmx:after:request', (event) => {
    if (failed?.isConnected && !event.detail.ctx.sourceElement.matches(BY_HAND)) return;
    failed = null;
    showOffline(false);
  });

  document.addEventListener('click', (event) => {
    if (!event.target.closest('[data-retry]')) return;
    if (!failed?.isConnected) showOffline(false);
    else if (failed.matches('form')) failed.requestSubmit();
    else if (failed.matches('input, textarea, select')) htmx.trigger(failed, 'input');
    else failed.click();
  });

  document.addEventListener('htmx:response:error', (event) => {
    const { response, text } = event.detail.ctx;
    if (response.status >= 500 && !text.includes('<hx-partial')) showError('Something broke on our side. Nothing was saved.');
  });

  // ---- Focus after a swap --------------------------------------------------------------------------------

  const focusedBefore = new WeakMap(); // by request: one may end while the answer of another comes in

  document.addEventListener('htmx:before:swap', (event) => {
    const active = document.activeElement;
    if (active === document.body) return;
    const panel = active.closest('#panel > .panel');
    const row = panel ? byId(panel.dataset.row) : active.closest('[data-item]');
    const neighbour = row && (row.nextElementSibling ?? row.previousElementSibling);
    focusedBefore.set(event.detail.ctx, { id: active.id, inPanel: panel, rows: [row?.id, neighbour?.id] });
  });

  function refocus(ctx) {
    if (ctx.response?.status === 422) {
      const field = document.querySelector('[aria-invalid="true"]:not([type="hidden"])');
      if (field && document.activeElement.getAttribute('aria-invalid') !== 'true') field.focus();
    } else if (document.activeElement === document.body && focusedBefore.has(ctx)) {
      const { id, inPanel, rows } = focusedBefore.get(ctx);
      const panel = inPanel && document.querySelector('#panel > .panel');
      const links = rows.map((row) => row && byId(row)?.querySelector('[data-open], a, button'));
      [id && byId(id), panel, ...links, byId('main')].some((place) => {
        place?.focus?.({ preventScroll: true });
        return document.activeElement !== document.body;
      });
    }
  }

  document.addEventListener('htmx:after:swap', (event) => {
    openArrivedDialogs();
    refocus(event.detail.ctx);
  });

  // ---- Relative times: the words of core/web.py, kept fresh for the first day -----------------------------

  function freshenTimes() {
    document.querySelectorAll('time[data-style="ago"]').forEach((time) => {
      const minutes = Math.floor((Date.now() - Date.parse(time.dateTime)) / 60_000);
      if (!/^(now|\d+ min)$/.test(time.textContent) || minutes < 0) return;
      if (minutes < 1) time.textContent = 'now';
      else time.textContent = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
    });
  }

  // ---- Start ---------------------------------------------------------------------------------------------

  const showCurrentSetting = () =>
    document.querySelector('.settings-nav [aria-current]')?.scrollIntoView({ block: 'nearest' });
  showCurrentSetting();
  document.fonts.ready.then(showCurrentSetting); // the words before it become wider with our font
  setInterval(ageToasts, TICK);
  setInterval(freshenTimes, 30_000);
  openArrivedDialogs();
  window.leadcrm = { openDialog, say: (words) => { byId('live').textContent = words; } };
})();
