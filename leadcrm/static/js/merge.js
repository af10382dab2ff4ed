// Merge fields of a template: chosen in the menu, put in where the cursor was.
(() => {
  'use strict';

  document.addEventListener('click', (event) => {
    const item = event.target.closest('[data-insert]');
    const area = item && document.getElementById(item.dataset.into);
    if (!area) return;
    area.setRangeText(item.dataset.insert, area.selectionStart, area.selectionEnd, 'end');
    area.focus();
    area.dispatchEvent(new Event('input', { bubbles: true }));
  });
})();
