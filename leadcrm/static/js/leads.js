// The pages of leads: ticking rows, letters that act on a row, fields edited where they are shown.
(() => {
  'use strict';

  // ---- Ticked rows ----------------------------------------------------------------------------------------

  const boxes = () => [...document.querySelectorAll('[data-item] .checkbox')];

  function tickAll(checked) {
    boxes().forEach((box) => { box.checked = checked; });
    countTicked();
  }

  function countTicked() {
    const count = boxes().filter((box) => box.checked).length;
    const words = document.querySelector('[data-selected-count]');
    if (words) words.textContent = `${count} selected`;
    if (count === 0) leaveBulkBar();
    const all = document.querySelector('[data-select-all]');
    if (!all) return;
    all.checked = count > 0 && count === boxes().length;
    all.indeterminate = count > 0 && count < boxes().length;
  }

  /** The bar goes when nothing is ticked; whoever was on it goes on with the list. */
  function leaveBulkBar() {
    const wasOnIt = document.activeElement.closest('.bulk-bar');
    if (wasOnIt) (document.querySelector('[data-item] [data-open]') ?? document.getElementById('main')).focus();
  }

  document.addEventListener('change', (event) => {
    if (event.target.matches('[data-select-all]')) tickAll(event.target.checked);
    else if (event.target.matches('[data-item] .checkbox')) countTicked();
  });

  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-clear-selection]')) tickAll(false);
    if (event.target.closest('[data-select-mode]')) document.querySelector('.list').classList.toggle('selecting');
  });

  document.addEventListener('htmx:after:swap', countTicked);

  /** B: from a ticked row, which is far from the bar by Tab, to the bar's first action. */
  function enterBulkBar() {
    const action = document.querySelector('.list:has(tbody .checkbox:checked) .bulk-bar .button');
    action?.focus();
    return Boolean(action);
  }

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !event.target.closest?.('.bulk-bar')) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.querySelector('tbody .checkbox:checked')?.focus();
  }, true); // before keys.js, whose Esc closes the panel

  // ---- Letters: for the ticked rows, else for the open panel (keys.js), else for the row that has the focus --

  function buttonOfTicked(letter) {
    return document.querySelector(`.list:has(tbody .checkbox:checked) [data-bulk-key="${CSS.escape(letter)}"]`);
  }

  /** `data-row-keys="e:edit a:owner"` around rows: the page of the row that this letter opens. */
  function pageOfRow(letter) {
    const row = document.activeElement.closest('[data-item]');
    const keys = row?.closest('[data-row-keys]');
    if (!keys || document.querySelector('#panel > .panel')) return null;
    const pages = new Map(keys.dataset.rowKeys.split(' ').map((pair) => pair.split(':')));
    return pages.has(letter) ? `${row.querySelector('[data-open]').pathname}/${pages.get(letter)}` : null;
  }

  document.addEventListener('letter', (event) => {
    if (event.detail === 'b' && enterBulkBar()) event.preventDefault();
    const button = buttonOfTicked(event.detail);
    const page = button ? null : pageOfRow(event.detail);
    if (button) button.click();
    else if (page) htmx.ajax('GET', page, '#dialog');
    if (button || page) event.preventDefault();
  });

  // ---- Fields edited where they are shown: saved on Enter, on leaving, on choosing; Esc puts the value back ----
  // The server sends the field (leads/_field_form.html) and takes it away again; this only says when.

  const formOf = (element) => element.closest?.('form[data-inline]');
  const contentOf = (form) => new URLSearchParams(new FormData(form)).toString();
  const isRefused = (form) => form.dataset.inline === 'refused';
  let left = null; // the id of the field that had the focus when its answer came

  function cancel(form) {
    form.isDone = true; // a field that goes away loses the focus: that is no reason to save
    form.querySelector('[data-inline-cancel]').click();
  }

  function save(form) {
    form.isDone = true;
    form.requestSubmit();
  }

  function begin(form) {
    form.untouched = contentOf(form);
    const control = form.querySelector('.field');
    if (control.matches('input') && !isRefused(form)) control.select();
  }

  function reasonMissing(form) {
    const reason = form.querySelector('[name="reason"]');
    return reason?.checkVisibility() && !reason.value.trim() ? reason : null;
  }

  document.addEventListener('htmx:before:swap', () => {
    left = formOf(document.activeElement)?.id ?? null;
  });

  document.addEventListener('htmx:after:swap', () => {
    document.querySelectorAll('form[data-inline]').forEach((form) => {
      if (form.untouched === undefined) begin(form);
    });
    const shown = left && document.getElementById(left);
    if (shown && !shown.contains(document.activeElement)) (shown.querySelector('.field') ?? shown).focus();
    left = null;
  });

  document.addEventListener('focusout', (event) => {
    const form = formOf(event.target);
    if (!form || form.isDone || form.contains(event.relatedTarget) || form.getAttribute('aria-busy') === 'true') return;
    if (contentOf(form) !== form.untouched) save(form);
    else if (!isRefused(form)) cancel(form);
  });

  document.addEventListener('change', (event) => {
    const form = formOf(event.target);
    if (!form || !event.target.matches('select')) return;
    const reason = reasonMissing(form);
    if (reason) reason.focus();
    else save(form);
  });

  // Before keys.js, whose Esc closes the whole panel.
  document.addEventListener('keydown', (event) => {
    const form = formOf(event.target);
    if (!form || event.key !== 'Escape') return;
    event.preventDefault();
    event.stopImmediatePropagation();
    cancel(form);
  }, true);
})();
