// Dragging in `.sortable` lists: by mouse and touch (Sortable), and by keys on the handle (Space, arrows, Space).
// Only pages that reorder load this, after Sortable.min.js. After a move the item's inputs `day` (or whatever
// data-* its list carries) and `position` are filled and the item gets a bubbling `reorder` event.
(() => {
  'use strict';

  const OPTIONS = {
    group: 'steps',
    handle: '.handle',
    animation: 140,
    delay: 120,
    delayOnTouchOnly: true, // a scroll must not lift
    fallbackOnBody: true, // else the ghost stays in the list with a doubled id
    onStart: () => { document.body.dataset.dragging = ''; },
    onEnd: (event) => {
      delete document.body.dataset.dragging;
      if (event.from !== event.to || event.oldIndex !== event.newIndex) drop(event.item);
    },
  };

  let lifted = null; // the item that the keys carry
  let home = null; // where it came from: its list and the item after it

  const lists = () => [...document.querySelectorAll('.sortable')];
  const say = (words) => window.leadcrm.say(words);

  function start(root) {
    root.querySelectorAll('.sortable:not([data-sorting])').forEach((list) => {
      list.dataset.sorting = '';
      window.Sortable.create(list, OPTIONS);
    });
  }

  function placeOf(item) {
    const list = item.parentElement;
    const place = [...list.children].indexOf(item) + 1;
    const day = list.dataset.day === undefined ? '' : `Day ${list.dataset.day}, `;
    return `${day}position ${place} of ${list.childElementCount}`;
  }

  function drop(item) {
    const list = item.parentElement;
    const values = { day: list.dataset.day, position: [...list.children].indexOf(item) };
    for (const [name, value] of Object.entries(values)) {
      const input = item.querySelector(`input[name="${name}"]`);
      if (input) input.value = value ?? '';
    }
    item.dispatchEvent(new CustomEvent('reorder', { bubbles: true }));
    say(`Dropped. ${placeOf(item)}`);
  }

  function lift(item, handle) {
    lifted = item;
    home = { list: item.parentElement, next: item.nextElementSibling };
    item.classList.add('lifted');
    handle.setAttribute('aria-pressed', 'true');
    document.body.dataset.dragging = '';
    say('Lifted. Use the arrow keys, then Space to drop or Escape to put it back.');
  }

  function release(handle) {
    lifted.classList.remove('lifted');
    handle.removeAttribute('aria-pressed');
    delete document.body.dataset.dragging;
    const item = lifted;
    lifted = null;
    return item;
  }

  function moveLifted(step) {
    const sibling = step > 0 ? lifted.nextElementSibling : lifted.previousElementSibling;
    if (sibling) {
      sibling[step > 0 ? 'after' : 'before'](lifted);
      return;
    }
    const neighbour = lists()[lists().indexOf(lifted.parentElement) + step];
    neighbour?.[step > 0 ? 'prepend' : 'append'](lifted);
  }

  function handleKey(event, handle) {
    const item = handle.closest('li');
    if (event.key === ' ') {
      if (lifted) drop(release(handle));
      else lift(item, handle);
    } else if (lifted && event.key === 'Escape') {
      home.list.insertBefore(lifted, home.next);
      release(handle);
      say('Put back.');
    } else if (lifted && ['ArrowDown', 'ArrowUp'].includes(event.key)) {
      moveLifted(event.key === 'ArrowDown' ? 1 : -1);
      say(placeOf(lifted));
    } else {
      return;
    }
    event.preventDefault();
    handle.focus(); // moving an element in the document takes its focus
  }

  document.addEventListener('keydown', (event) => {
    const handle = event.target.closest?.('.handle');
    if (handle) handleKey(event, handle);
  });

  // A poll must not swap the list away under the hand that carries a step.
  document.addEventListener('htmx:before:request', (event) => {
    if ('dragging' in document.body.dataset && event.detail.ctx.request.method === 'GET') event.preventDefault();
  });

  document.addEventListener('htmx:after:process', (event) => start(event.target));
  start(document);
})();
