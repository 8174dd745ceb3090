"""A page of many packets stays within bounds, and its controls work."""

from __future__ import annotations

from pathlib import Path

import pages
from browsing import Browser

from lab.report.page.ladder import SHEET

PACKETS = 2_000
ELEMENTS = 60_000
BYTES = 3 << 20


def test_two_thousand_packets(browser: Browser, tmp_path: Path) -> None:
    page = pages.long(tmp_path, PACKETS)
    browser.open(page)
    assert browser.count(".packet") == PACKETS
    assert browser.run("return document.querySelectorAll('*').length") < ELEMENTS
    assert page.stat().st_size < BYTES
    last = f"p{SHEET}"
    browser.run(f"location.hash = '#{last}'")
    browser.until(f"document.querySelector('.current')?.id === '{last}'")
    browser.forward()
    following = f"p{SHEET + 1}"
    assert browser.current == following
    assert browser.find(f"#{following}").is_displayed(), "the next sheet was unfolded"
    assert browser.in_view(following)
    assert browser.find("#states").text.split()[1::2] == ["ESTABLISHED", "ESTABLISHED"]
    browser.run("location.hash = '#p1'")
    browser.until("document.querySelector('.current')?.id === 'p1'")
    assert browser.find("#states").text.split()[1::2] == ["SYN-SENT", "SYN-RECEIVED"]
    assert browser.complaints() == []
