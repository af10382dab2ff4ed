// Where messages are written: how long a text message is.
(() => {
  'use strict';

  const GSM_BASIC = '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
  const GSM_EXTENDED = '^{}\\[~]|€'; // two characters each on the wire

  /** Characters and segments of a text message: 160/153 in GSM-7, 70/67 in UCS-2. */
  function smsSize(text) {
    const fits = [...text].every((c) => GSM_BASIC.includes(c) || GSM_EXTENDED.includes(c));
    const units = fits ? [...text].reduce((sum, c) => sum + (GSM_EXTENDED.includes(c) ? 2 : 1), 0) : text.length;
    const [single, joined] = fits ? [160, 153] : [70, 67];
    return { units, segments: units <= single ? 1 : Math.ceil(units / joined), single };
  }

  /** What a lead reads: a template's preview, once it is there, else what is typed. Nothing where the preview is a warning. */
  function wordsOf(area) {
    const preview = document.getElementById(area.dataset.smsPreview);
    return preview && area.value ? preview.querySelector('.bubble-text')?.textContent : area.value;
  }

  function countSms(area) {
    const output = document.getElementById(area.dataset.smsCount);
    const channel = area.form?.querySelector('[name="channel"]:checked')?.value ?? 'sms';
    if (!output) return;
    const text = wordsOf(area);
    const { units, segments, single } = smsSize(text ?? '');
    const words = segments > 1 ? `${units} characters, ${segments} segments` : `${units} / ${single}`;
    output.textContent = channel === 'sms' && text !== undefined ? words : '';
  }

  function countAllSms() {
    document.querySelectorAll('[data-sms-count]').forEach(countSms);
  }

  document.addEventListener('input', (event) => {
    if (event.target.matches('[data-sms-count], [name="channel"]')) countAllSms();
  });

  document.addEventListener('htmx:after:swap', countAllSms);
  countAllSms();
})();
