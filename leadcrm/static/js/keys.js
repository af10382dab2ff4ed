// Working without a mouse: comboboxes and the palette, lists with their panel, single-letter shortcuts.
(() => {
  'use strict';

  const CHORD = 1_000; // ms between G and its second letter
  const byId = (id) => document.getElementById(id);
  const { openDialog } = window.leadcrm;

  // ---- Combobox: arrow keys over a list that the server rendered ------------------------------------------

  const listOf = (input) => byId(input.getAttribute('aria-controls'));
  const optionsOf = (input) => [...listOf(input).querySelectorAll('[role="option"]:not([aria-disabled="true"])')];

  function mark(input, option) {
    listOf(input).querySelectorAll('[aria-selected="true"]').forEach((other) => other.setAttribute('aria-selected', 'false'));
    if (!option) {
      input.removeAttribute('aria-activedescendant');
      return;
    }
    option.setAttribute('aria-selected', 'true');
    input.setAttribute('aria-activedescendant', option.id);
    option.scrollIntoView({ block: 'nearest' });
  }

  function choose(option) {
    if (option.dataset.href) {
      location.assign(option.dataset.href);
      return;
    }
    const box = option.closest('.combobox');
    const [hidden, input] = box.querySelectorAll('input');
    hidden.value = option.dataset.value;
    input.value = option.dataset.text ?? option.textContent.trim();
    listOf(input).replaceChildren();
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
    hidden.dispatchEvent(new Event('change', { bubbles: true }));
  }

  function comboboxKey(event) {
    const input = event.target;
    const options = optionsOf(input);
    const at = options.findIndex((option) => option.getAttribute('aria-selected') === 'true');
    if (event.key === 'Enter' && options[at]) choose(options[at]);
    else if (event.key === 'ArrowDown') mark(input, options[(at + 1) % options.length]);
    else if (event.key === 'ArrowUp') mark(input, options[(at - 1 + options.length) % options.length]);
    else if (event.key === 'Escape' && input.closest('.combobox') && options.length) listOf(input).replaceChildren();
    else return false;
    return true;
  }

  document.addEventListener('click', (event) => {
    const option = event.target.closest('[role="option"]:not([aria-disabled="true"])');
    if (option) choose(option);
  });

  document.addEventListener('mousedown', (event) => {
    if (event.target.closest('[role="option"]')) event.preventDefault(); // a list whose field loses the focus closes
  });

  document.addEventListener('input', (event) => {
    // Typing again after a choice takes the choice back.
    const box = event.target.closest('.combobox');
    if (box && event.target.matches('[role="combobox"]')) box.querySelector('input[type="hidden"]').value = '';
  });

  document.addEventListener('htmx:after:swap', (event) => {
    const list = event.detail.ctx.target;
    const input = list?.id && document.querySelector(`[role="combobox"][aria-controls="${list.id}"]`);
    if (!input) return;
    input.setAttribute('aria-expanded', String(list.childElementCount > 0));
    mark(input, optionsOf(input)[0]);
  });

  // ---- The list and its panel -----------------------------------------------------------------------------

  const rows = () => [...document.querySelectorAll('[data-item]')];
  const currentRow = () => document.activeElement.closest('[data-item]') ?? document.querySelector('[data-item][aria-current], [data-item]:has([aria-current])');
  const panel = () => document.querySelector('#panel > .panel');

  function moveTo(step) {
    const all = rows();
    const row = all[all.indexOf(currentRow()) + step] ?? (currentRow() ? null : all[0]);
    const link = row?.querySelector('[data-open]');
    if (!link) { // past the end of the page: an open panel knows who comes next
      byId(step > 0 ? 'panel-next' : 'panel-previous')?.click();
      return;
    }
    link.focus();
    row.scrollIntoView({ block: 'nearest' });
    if (panel()) link.click(); // an open panel follows
  }

  function markRowOfPanel() {
    const open = panel();
    if (!open) return;
    rows().forEach((row) => row.removeAttribute('aria-current'));
    byId(open.dataset.row)?.setAttribute('aria-current', 'true');
  }

  function closePanel() {
    const open = panel();
    const close = open?.querySelector('[data-panel-close]');
    if (!close) return false;
    const row = byId(open.dataset.row);
    open.remove();
    byId('panel').replaceChildren(); // :empty hides the slot
    row?.removeAttribute('aria-current');
    row?.querySelector('[data-open]')?.focus();
    history.pushState({ htmx: true }, '', close.href);
    return true;
  }

  document.addEventListener('click', (event) => {
    const close = event.target.closest('[data-panel-close]');
    if (close && closePanel()) event.preventDefault();
  });

  document.addEventListener('htmx:after:swap', (event) => {
    markRowOfPanel(); // of a list that came anew, too
    if (event.detail.ctx.target?.id !== 'panel') return;
    // On a phone the panel is the page; after Enter the reader wants to be in it.
    if (matchMedia('(max-width: 760px)').matches || openedByEnter) panel()?.focus();
    openedByEnter = false;
  });

  let openedByEnter = false;

  function openCurrent() {
    const link = currentRow()?.querySelector('[data-open]');
    openedByEnter = Boolean(link);
    link?.click();
    return openedByEnter;
  }

  function isUnsaved(form) { // a refused one has what was typed for its own values
    return form?.querySelector('[aria-invalid="true"], [role="alert"]') || [...form?.elements ?? []].some((field) => isTyping(field) && !field.dataset.asks && 'defaultValue' in field && field.value !== field.defaultValue);
  }

  /** Whether it holds no unsaved words, or has warned. */
  function mayGo(box) {
    const forms = box.querySelectorAll('form:not([data-composer]), form:focus-within'); // a composer keeps a draft
    if (box.querySelector('.unsaved') || ![...forms].some(isUnsaved)) return true;
    box.querySelector('header').after(document.getElementById('unsaved').content.cloneNode(true));
    (box.matches('dialog') ? box.querySelector('[data-dialog-close]') : box).focus();
    return false;
  }

  document.addEventListener('focusin', (event) => {
    if (isTyping(event.target)) event.target.closest('.panel, dialog')?.querySelector('.unsaved')?.remove();
  });

  document.addEventListener('cancel', (event) => {
    if (event.target.matches('dialog[data-modal]') && !mayGo(event.target)) event.preventDefault();
  }, true);

  /** Esc: closes the panel. */
  function leave(element) {
    const open = panel();
    if (isTyping(element) && !open?.contains(element)) return false; // the browser's own: a search is emptied
    return open && !mayGo(open) ? true : closePanel();
  }

  window.leadcrm.isUnsaved = isUnsaved;

  // ---- Shortcuts ------------------------------------------------------------------------------------------

  const lettersAreOff = () => document.body.dataset.shortcuts === 'off';
  const isTyping = (element) => element.matches('input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]');
  let chordStarted = 0;

  function toggleCurrentRow() {
    const box = currentRow()?.querySelector('.checkbox');
    box?.click();
    return Boolean(box);
  }

  /** Whether a script of this page did something with the letter: it listens to `letter` and prevents its default. */
  const isTaken = (letter) => !document.dispatchEvent(new CustomEvent('letter', { detail: letter, cancelable: true }));

  function clickKeyed(letter) {
    const selector = `[data-key="${CSS.escape(letter)}"]`;
    const element = panel()?.querySelector(selector) ?? document.querySelector(selector);
    element?.click();
    return Boolean(element);
  }

  /** Takes back what was done last, while its toast is there. */
  function undoLast() {
    const button = [...document.querySelectorAll('.toast-undo')].at(-1);
    button?.click();
    return Boolean(button);
  }

  function focusSearch() {
    const search = document.querySelector('.main input[type="search"]');
    search?.focus();
    search?.select();
    return Boolean(search);
  }

  function goTo(letter) {
    const link = document.querySelector(`[data-go="${CSS.escape(letter)}"]`);
    link?.click();
    return Boolean(link);
  }

  function letterKey(key) {
    if (Date.now() - chordStarted < CHORD) {
      chordStarted = 0;
      return goTo(key);
    }
    switch (key) {
      case 'g': chordStarted = Date.now(); return true;
      case 'j': moveTo(1); return true;
      case 'k': moveTo(-1); return true;
      case 'x': return toggleCurrentRow();
      case 'z': return undoLast();
      case '/': return focusSearch();
      case '?': openDialog(byId('shortcuts')); return true;
      default: return isTaken(key) || clickKeyed(key);
    }
  }

  function handleKey(event) {
    const element = event.target;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      openDialog(byId('palette'));
      return true;
    }
    if (element.matches('[role="combobox"]') && !event.isComposing) return comboboxKey(event);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
    if (element.closest('dialog, .menu, .handle') || document.querySelector('.menu:popover-open')) return false;
    if (event.key === 'Escape') return leave(element);
    if (isTyping(element)) return false;
    if (event.key === 'Enter') return element.matches('[data-open]') && openCurrent();
    return !lettersAreOff() && event.key.length === 1 && letterKey(event.key.toLowerCase());
  }

  document.addEventListener('keydown', (event) => {
    if (event.target.matches && handleKey(event)) event.preventDefault();
  });

  markRowOfPanel();
})();
