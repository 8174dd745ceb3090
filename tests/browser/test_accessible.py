"""The page by the rules of WCAG 2.1 AA, as axe holds it to them."""

from __future__ import annotations

from pathlib import Path

import pages
from browsing import PHONE, Browser

UNREACHABLE = """
return [...document.querySelectorAll('a, button, select, summary, .scroll')].filter((each) => each.tabIndex < 0)
  .map((each) => each.outerHTML)
"""
OUTLINE = """
document.getElementById('play').focus({ focusVisible: true });
return getComputedStyle(document.activeElement).outlineStyle
"""


def test_the_page_is_accessible(browser: Browser, tmp_path: Path) -> None:
    browser.open(pages.with_every_section(tmp_path, "hello"))
    assert browser.run(UNREACHABLE) == [], "the keyboard reaches every control"
    assert browser.run(OUTLINE) == "solid", "and it is seen where it is"
    browser.unfold()
    for language, theme in (("en", "light"), ("zh", "dark")):  # words and colours do not hang on each other
        browser.click(f"[for={language}]")
        browser.click(f"[for={theme}]")
        browser.click("#next")
        assert browser.violations() == [], (language, theme)
    browser.resize(PHONE)
    assert browser.violations() == [], "on a phone"
