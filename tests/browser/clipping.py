"""Controls that a screen cuts off at its side, where nobody could scroll to them."""

from playwright.sync_api import Page

WIDTHS = (1440, 1280, 1024, 820)  # px: of a desktop, of laptops, of a tablet upright

CUT_OFF = """
() => [...document.querySelectorAll('a.button, button, summary, input, select, textarea')].filter((control) => {
  const {left, right, width} = control.getBoundingClientRect();
  if (width <= 1 || control.tabIndex < 0 || !control.checkVisibility({visibilityProperty: true})) return false;
  for (let around = control.parentElement; around; around = around.parentElement) {
    const clips = getComputedStyle(around).overflowX;
    if (clips === 'auto' || clips === 'scroll') return false;
    const box = around.getBoundingClientRect();
    if (clips !== 'visible' && box.width > 1 && (left < box.left - 1 || right > box.right + 1)) return true;
  }
  return left < -1 || right > innerWidth + 1;
}).map((control) => control.outerHTML.replace(/\\s+/g, ' ').slice(0, 120))
"""


def cut_off(page: Page) -> list[str]:
    """The controls that are cut off, at each of the widths at which they are."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 840})
        found += [f"at {width} px cut off: {control}" for control in page.evaluate(CUT_OFF)]
    return found
