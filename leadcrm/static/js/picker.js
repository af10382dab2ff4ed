// The template picker of the composer, and what a channel chosen by hand means. Comes when somebody begins to write
// (composer.js), so it looks at its end for what was done before it was here.
(() => {
  'use strict';

  const byId = (id) => document.getElementById(id);

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

  /** Where more room is: the list grows when the templates arrive. */
  function placePicker(picker) {
    const box = picker.closest('.composer').getBoundingClientRect();
    const isAbove = box.top >= innerHeight - box.bottom;
    picker.style.top = isAbove ? 'auto' : `${box.bottom + 4}px`;
    picker.style.bottom = isAbove ? `${innerHeight - box.top + 4}px` : 'auto';
    picker.style.left = `${box.left}px`;
  }

  function startPicker(picker) {
    placePicker(picker);
    const search = picker.querySelector('[role="combobox"]');
    search.focus();
    htmx.trigger(search, 'opened');
  }

  document.addEventListener('toggle', (event) => {
    if (event.target.matches?.('.template-picker') && event.newState === 'open') startPicker(event.target);
  }, true);

  document.addEventListener('change', (event) => {
    event.target.closest('.template-picker')?.hidePopover(); // a template was chosen
  });

  // What stood there before a template is no draft: kept after it, it would take its place.
  document.addEventListener('htmx:before:request', (event) => {
    const { sourceElement, sourceEvent } = event.detail.ctx;
    if (!sourceElement.matches?.('.composer > i')) return;
    const isComing = sourceElement.matches(':has(~ * [name="template_id"].htmx-request)');
    if (isComing || sourceEvent?.target.name === 'template_id') event.preventDefault();
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

  // ---- What was done before this was here ----------------------------------------------------------------------

  /** The "/" that was typed opens the picker now; what was typed after it is what to find. */
  function openForSlash(area) {
    const picker = byId(area.dataset?.templatePicker);
    const slash = /(?:^|\n)\/([^\n]*)$/.exec(area.value);
    if (!picker || !slash || area.value === area.defaultValue || area.selectionStart < area.value.length) return;
    const end = area.value.length;
    area.setRangeText('', end - slash[1].length, end, 'end');
    picker.showPopover();
    const search = picker.querySelector('[role="combobox"]');
    search.value = slash[1];
    search.focus();
  }

  const channel = document.querySelector('.composer-head [name="channel"]:focus:not(:focus-visible)');
  if (channel) {
    isPointing = true; // its composer may be on its way
    channel.form.querySelector('textarea').focus();
  }
  const opened = document.querySelector('.template-picker:popover-open');
  if (opened) startPicker(opened);
  else openForSlash(document.activeElement);
  selectHole();
})();
