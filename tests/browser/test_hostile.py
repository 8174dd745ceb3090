"""What programs print and send does nothing in the page, whatever it is."""

from __future__ import annotations

from pathlib import Path

import pages
from browsing import Browser
from htmltree import HOSTILE
from selenium.webdriver.support.expected_conditions import alert_is_present

OWNED = (
    "<script>window.owned=1</script><img src=x onerror='window.owned=2'><svg onload=window.owned=3></svg>"
    "<iframe src=https://evil.example/></iframe><meta http-equiv=refresh content='0;url=https://evil.example/'>"
    "<link rel=stylesheet href=https://evil.example/><style>body{display:none}</style><b class=theirs>"
    "</title></style></script></svg>]]><script>alert(1)</script><a href=javascript:owned=4>"
)
TEXT = OWNED + HOSTILE.replace("\ud800", "")  # records are UTF-8
CONTROLS = (
    r"return document.documentElement.textContent.match(/[\u0000-\u0008\u000b-\u001f\u202a-\u202e\u2066-\u2069]/g)"
)
MARKUP = "iframe, img, link, form, object, embed, .theirs, [onload], [onerror], [onmouseover], a[href^=javascript]"


def test_hostile_texts_are_shown_inert(browser: Browser, tmp_path: Path) -> None:
    plain = shape(browser, pages.with_every_section(tmp_path, "hello"))
    page = pages.with_every_section(tmp_path, TEXT)
    assert shape(browser, page) == plain, "elements and scripts are those of a page with harmless texts"
    assert not alert_is_present()(browser.driver)
    assert browser.run("return window.owned") is None
    assert browser.count(MARKUP) == 0
    assert browser.run(CONTROLS) is None, "no control character, no change of direction"
    assert "window.owned=1" in browser.find("h1").text
    assert browser.find("#checks").is_displayed()
    assert browser.complaints() == [], "the policy had nothing to refuse"
    assert browser.requests() == [page.as_uri()]


def shape(browser: Browser, page: Path) -> dict[str, int]:
    """How many elements of the kinds that code hides in a page has."""
    browser.open(page)
    browser.unfold()
    return {tag: browser.count(tag) for tag in ("script", "style", "meta", "svg", "b", "main", "section", "article")}
