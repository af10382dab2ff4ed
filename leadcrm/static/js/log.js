// A log of messages is read from its end; who scrolled up in it stays there.
(() => {
  'use strict';

  const NEAR_END = 80; // px; closer than this the reader counts as being at the end
  let readingLog = null; // the log when its reader has scrolled up

  function scrollMessagesDown() {
    const log = document.querySelector('.messages');
    if (log && log !== readingLog) log.scrollTop = log.scrollHeight;
  }

  document.addEventListener('htmx:before:swap', () => {
    const log = document.querySelector('.messages');
    readingLog = log && log.scrollHeight - log.scrollTop - log.clientHeight > NEAR_END ? log : null;
  });

  document.addEventListener('htmx:after:swap', scrollMessagesDown);
  scrollMessagesDown();
})();
