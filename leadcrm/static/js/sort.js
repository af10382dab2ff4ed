// Dragging in `.sortable` lists: by mouse and touch (Sortable), and by keys on the handle (Space, arrows, Space).
// Only pages that reorder load this, after Sortable.min.js. After a move the item gets a bubbling `reorder` event whose
// detail says the `day` of its list, the `position` in it (from 0) and how to `putBack` the item. Who prevents its default
// cannot take the move now: the item goes back.
(() => {
  'use strict';

  const OPTIONS = {
    group: 'steps',
    handle: '.handle',
    animation: 140,
    delay: 120,
    delayOnTouchOnly: true, // a scroll must not lift
    fallbackOnBody: true, // else the ghost stays in the list with a doubled id
    forceFallback: matchMedia('(any-pointer: coarse)').matches, // else nothing scrolls under the finger that carries
    onStart: (event) => {
      document.body.dataset.dragging = '';
      home = placeOf(event.item);
    },
    onEnd: (event) => {
      delete document.body.dataset.dragging;
      if (event.from !== event.to || event.oldIndex !== event.newIndex) drop(event.item);
    },
  };

  let lifted = null; // the item that the keys carry
  let home = null; // where what is moved came from: its list and the item after it

  const lists = () => [...document.querySelectorAll('.sortable')];
  const say = (words) => window.leadcrm.say(words);

  function start(root) {
    root.querySelectorAll('.sortable').forEach((list) => {
      if (!window.Sortable.get(list)) window.Sortable.create(list, OPTIONS);
    });
  }

  function placeOf(item) {
    return { list: item.parentElement, next: item.nextElementSibling };
  }

  function wordsOf(item) {
    const list = item.parentElement;
    const place = [...list.children].indexOf(item) + 1;
    const day = list.dataset.day === undefined ? '' : `Day ${list.dataset.day}, `;
    return `${day}position ${place} of ${list.childElementCount}`;
  }

  function drop(item) {
    const list = item.parentElement;
    const from = home;
    const detail = {
      day: list.dataset.day,
      position: [...list.children].indexOf(item),
      putBack: () => from.list.insertBefore(item, from.next),
    };
    const isTaken = item.dispatchEvent(new CustomEvent('reorder', { bubbles: true, cancelable: true, detail }));
    if (!isTaken) detail.putBack();
    say(isTaken ? `Dropped. ${wordsOf(item)}` : 'Put back. The move before it is not saved yet; try again.');
  }

  function dropIfMoved(item) {
    if (item.parentElement !== home.list || item.nextElementSibling !== home.next) drop(item);
    else say('Put back.');
  }

  function lift(item, handle) {
    lifted = item;
    home = placeOf(item);
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

  function putBack() {
    home.list.insertBefore(lifted, home.next);
    release(lifted.querySelector('.handle'));
    say('Put back.');
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
      if (lifted) dropIfMoved(release(handle));
      else lift(item, handle);
    } else if (lifted && event.key === 'Escape') {
      putBack();
    } else if (lifted && ['ArrowDown', 'ArrowUp'].includes(event.key)) {
      moveLifted(event.key === 'ArrowDown' ? 1 : -1);
      say(wordsOf(lifted));
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

  // Who goes elsewhere has let go of the step: as long as it is carried, no link of the page brings anything.
  for (const type of ['focusin', 'pointerdown']) {
    document.addEventListener(type, (event) => {
      if (lifted && !lifted.querySelector('.handle').contains(event.target)) putBack();
    }, true);
  }

  // A poll must not swap the list away under the hand that carries a step.
  document.addEventListener('htmx:before:request', (event) => {
    if ('dragging' in document.body.dataset && event.detail.ctx.request.method === 'GET') event.preventDefault();
  });

  document.addEventListener('htmx:after:process', (event) => start(event.target));
  start(document);
})();
