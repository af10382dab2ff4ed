// The visitor's own time zone, once; and another one as soon as it is chosen. Without this a button does it.
(() => {
  const form = document.querySelector(".book-zone");
  if (!form) return;
  const address = new URL(location.href);
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const isOffered = [...form.tz.options].some((option) => option.value === own);
  if (!address.searchParams.has("tz") && own !== form.dataset.zone && isOffered) {
    address.searchParams.set("tz", own);
    location.replace(address);
    return;
  }
  form.classList.add("by-itself");
  form.tz.addEventListener("change", () => form.requestSubmit());
})();
