// The builders of flows and automations: merge fields put in where the cursor was, switches that fall back, steps that
// were dropped elsewhere, undo by keys.
(() => {
  'use strict';

  const byId = (id) => document.getElementById(id);

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

  // ---- Steps that were dropped elsewhere: the server says which time that means -----------------------------

  let putBack = null; // undoes the drop on the screen, should the server not take it

  document.addEventListener('reorder', (event) => {
    const form = byId('flow-placement');
    if (!form) return;
    if (form.getAttribute('aria-busy') === 'true') { // it would be submitted to nobody
      event.preventDefault();
      return;
    }
    putBack = event.detail.putBack;
    form.elements.step_id.value = event.target.id.replace('step-', '');
    form.elements.day.value = event.detail.day;
    form.elements.position.value = event.detail.position;
    form.requestSubmit();
  });

  // ---- Switches save at once; when the server did not take it, they show again what is true ------------------

  function fallBack(event) {
    const form = event.detail.ctx?.sourceElement;
    if (form?.id === 'flow-placement') putBack?.();
    if (!form?.matches('[data-switch]')) return;
    const box = form.querySelector('.switch');
    if (box.checked !== box.defaultChecked) box.checked = box.defaultChecked;
  }

  document.addEventListener('htmx:response:error', fallBack);
  document.addEventListener('htmx:error', fallBack);

  // ---- A canvas that came anew holds one's own saves: an open form goes on from there ------------------------

  const placeIn = (form) => `${form.elements.day.value} ${form.elements.time_type.value === 'specific' ? form.elements.time.value : ''}`;

  /** What somebody else saved meanwhile is not one's own: such a form keeps its revision, and its save is refused. */
  function followRevision({ buildsOn, revision }) {
    document.querySelectorAll('#panel [data-revision-field]').forEach((field) => {
      if (field.value === buildsOn) field.value = revision;
    });
  }

  /** The step was moved on the rail. A day or time that was typed and is not saved yet stays. */
  function followStep({ buildsOn, revision }) {
    const form = byId('step-form');
    const step = byId(document.querySelector('#panel > .panel')?.dataset.row);
    if (!form || !step) return;
    const place = `${step.dataset.day} ${step.dataset.time}`;
    const cameLate = buildsOn !== revision && form.elements.revision.value === buildsOn; // asked for before the move
    const before = form.placeOnRail ?? (cameLate ? placeIn(form) : place);
    form.placeOnRail = place;
    if (before === place || placeIn(form) !== before) return;
    for (const name of ['day', 'time']) {
      form.elements[name].value = step.dataset[name];
      form.elements[name].defaultValue = step.dataset[name];
    }
    form.elements.time_type.value = step.dataset.time ? 'specific' : 'immediately';
  }

  function followCanvas() {
    const canvas = byId('flow-canvas');
    if (!canvas) return;
    followStep(canvas.dataset); // before the revision tells no more which state the form is of
    followRevision(canvas.dataset);
  }

  followCanvas();
  document.addEventListener('htmx:after:swap', followCanvas);

  // ---- Another step, or another page: words that only a button saves are not thrown away in passing -----------

  const wordsInPanel = () => [...document.querySelectorAll('#panel form[data-keeps-words]')].some(window.leadcrm.isUnsaved);

  document.addEventListener('htmx:config:request', (event) => {
    const { ctx } = event.detail;
    const closes = ctx.target?.id === 'panel' && ctx.request.method === 'GET';
    if (!closes && !ctx.sourceElement.closest?.('[data-closes-panel]')) return;
    if (wordsInPanel()) ctx.confirm ??= 'What you typed in the panel is not saved. Go on without it?';
  });

  // Cancel, or the other version of a refused save: who presses that has decided.
  document.addEventListener('click', (event) => {
    if (!event.target.closest('#panel .form-actions a, dialog a')) return;
    document.querySelectorAll('#panel form[data-keeps-words]').forEach((form) => form.removeAttribute('data-keeps-words'));
  });

  window.addEventListener('beforeunload', (event) => {
    if (wordsInPanel()) event.preventDefault();
  });

  // ---- Undo and redo by keys, where nothing is being typed ---------------------------------------------------

  document.addEventListener('keydown', (event) => {
    const isUndo = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'z';
    if (!isUndo || event.target.closest('input:not([type="checkbox"], [type="radio"]), textarea, select, dialog')) return;
    const button = byId(event.shiftKey ? 'flow-redo' : 'flow-undo');
    if (!button) return;
    event.preventDefault();
    button.click();
  });
})();
