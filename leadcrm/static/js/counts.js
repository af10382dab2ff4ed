// What became of the messages of a flow's steps: asked for those that are looked at, together, for counting a crowd takes
// its time. A canvas that is drawn anew keeps the numbers it had until the new ones are there.
(() => {
  'use strict';

  const asked = new WeakMap(); // where a step's numbers stand → when the canvas was drawn for which they were asked
  const seen = new IntersectionObserver(ask, { rootMargin: '100px' });

  function ask(entries) {
    const shown = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target);
    if (!shown.length) return;
    for (const place of shown) {
      seen.unobserve(place);
      asked.set(place, place.dataset.drawn);
    }
    const steps = new URLSearchParams(shown.map((place) => ['step', place.dataset.numbers]));
    const address = shown[0].closest('[data-counts]').dataset.counts;
    window.htmx.ajax('GET', `${address}?${steps}`, { source: shown[0], swap: 'none' }); // none waits for the one before
  }

  function watch() {
    for (const place of document.querySelectorAll('[data-numbers]')) {
      if (asked.get(place) !== place.dataset.drawn) seen.observe(place);
    }
  }

  document.addEventListener('htmx:after:swap', watch);
  watch();
})();
