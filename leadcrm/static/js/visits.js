// Visits of your site, told to LeadCRM. Nothing is kept and nothing is sent before leadcrm.consent() was called,
// and never where the browser says "do not track" or Global Privacy Control.
(() => {
  const {src, dataset} = document.currentScript;
  const name = "leadcrm.visitor";
  const refused = () =>
    navigator.globalPrivacyControl || [navigator.doNotTrack, window.doNotTrack].some((wish) => /^(1|yes)$/.test(wish));

  function stored(action) {
    try { return action(localStorage); } catch { return null; } // where a browser keeps nothing, nobody is known
  }

  const visitor = () => (refused() ? null : stored((box) => box.getItem(name)));

  function remember() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const id = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    stored((box) => box.setItem(name, id));
  }

  function visit() {
    if (!visitor()) return;
    const page = new URL(location.href);
    const pass = page.searchParams.get("leadcrm");
    const body = JSON.stringify({key: dataset.key, visitor: visitor(), url: page.origin + page.pathname, pass});
    fetch(new URL("/t", src), {method: "POST", body, credentials: "omit", keepalive: true}).catch(() => {});
    if (!pass) return;
    page.searchParams.delete("leadcrm");
    history.replaceState(history.state, "", page);
  }

  function consent(given = true) {
    if (!given) { stored((box) => box.removeItem(name)); return; }
    if (refused() || visitor()) return;
    remember();
    visit();
  }

  window.leadcrm = {consent, visit, visitor};
  visit();
})();
