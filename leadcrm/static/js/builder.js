// The builders of flows and automations: merge fields put in where the cursor was, switches that fall back.
(() => {
  'use strict';

  // ---- Merge fields ----------------------------------------------------------------------------------------

  let lastField = null; // where the person typed last; the menu takes the focus away

  document.addEventListener('focusin', (event) => {
    if (event.target.matches('[data-takes-fields]')) lastField = event.target;
  });

  function insert(text, form) {
    const field = lastField?.form === form ? lastField : form.querySelector('textarea[data-takes-fields]');
    field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
    field.focus();
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }

  document.addEventListener('click', (event) => {
    const item = event.target.closest('[data-insert]');
    if (item) insert(item.dataset.insert, item.closest('form'));
  });

  // ---- Switches save at once; when the server did not take it, they show again what is true ------------------

  function fallBack(event) {
    const form = event.detail.ctx?.sourceElement;
    if (!form?.matches('[data-switch]')) return;
    const box = form.querySelector('.switch');
    if (box.checked !== box.defaultChecked) box.checked = box.defaultChecked;
  }

  document.addEventListener('htmx:response:error', fallBack);
  document.addEventListener('htmx:error', fallBack);
})();
