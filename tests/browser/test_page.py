"""The pages of real runs: how they are laid out, and what their controls do."""

from __future__ import annotations

from pathlib import Path

from browsing import PHONE, Browser

from lab import reader

LAID_OUT = """
const wrong = [], wide = document.documentElement.clientWidth; // innerWidth grows with what does not fit a phone
const box = (element) => element.getBoundingClientRect();
const within = (inner, outer) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1
  && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
const say = (what, element) => wrong.push(`${what}: ${element.closest("[id]")?.id} ${element.textContent.trim().slice(0, 60)}`);
if (document.documentElement.scrollWidth > wide) wrong.push(`${document.documentElement.scrollWidth} px wide`);
for (const rows of document.querySelectorAll(".rows")) {
  let bottom = -Infinity;
  for (const row of rows.children) {
    if (box(row).top < bottom - 0.5) say("overlaps the row above", row);
    if (!box(row).height) say("has no height", row);
    bottom = box(row).bottom;
  }
}
for (const packet of document.querySelectorAll(".packet")) {
  const room = box(packet.querySelector(".mid")), shaft = box(packet.querySelector(".arrow line"));
  if (!within(shaft, room)) say("arrow outside its ladder", packet);
  if (shaft.width < room.width / 2) say("arrow too short", packet);
  const head = box(packet.querySelector(".arrow path")), right = head.left > (room.left + room.right) / 2;
  if (right !== packet.classList.contains("client")) say("arrow to the wrong side", packet);
}
for (const text of document.querySelectorAll("h1, h2, h3, p, dt, dd, figcaption, summary, button, select, label, .no, .when, .ends b")) {
  if (text.closest(".scroll, .vh") || text.querySelector(".vh") || !box(text).width) continue;
  if (box(text).left < 0 || box(text).right > wide + 0.5) say("outside the window", text);
}
for (const picture of document.querySelectorAll("svg[role]")) {
  for (const text of picture.querySelectorAll("text")) {
    if (!within(box(text), box(picture))) say("outside its picture", text);
  }
}
return wrong;
"""
SHOWN = (
    "return [...document.querySelectorAll('.ladder')].filter((each) => each.checkVisibility()).map((each) => each.id)"
)
COLOURS = "const style = getComputedStyle(document.body); return [style.backgroundColor, style.color]"


WITHOUT_HAS = """
const sheet = document.styleSheets[0];
for (let at = sheet.cssRules.length - 1; at >= 0; at--) {
  const rule = sheet.cssRules[at];
  if (!rule.cssText.includes(":has(")) continue;
  const instead = rule instanceof CSSSupportsRule ? [...rule.cssRules].map((each) => each.cssText) : [];
  sheet.deleteRule(at);
  for (const each of instead) sheet.insertRule(each, at);
}
"""
VISIBLE = """
return [...document.querySelectorAll(`body [lang^=${arguments[0]}]:not(.keep)`)].some((each) => each.checkVisibility())
"""


def test_the_page_of_a_run(browser: Browser, report: Path) -> None:
    """All of it in one test: a scenario is run once and its page opened twice, however tests are spread over workers."""
    browser.open(report, PHONE)
    everything_has_its_place(browser)
    packets = reader.read(report.parent / "capture.pcapng").packets
    assert browser.count(".packet") == browser.count(".packet .arrow") == packets
    assert browser.count("#topology svg[role]") == browser.count("#timeline svg[role]") == 1
    assert browser.complaints() == []
    assert browser.requests() == [report.as_uri()]
    language_and_theme_are_switched_and_remembered(browser, report)
    one_conversation_is_chosen_and_stepped_through(browser)
    playing_goes_on_to_the_last_packet(browser)
    payloads_are_shown_as_hexadecimal_on_demand(browser)
    a_check_leads_to_its_packets(browser)
    browser.choose("")
    everything_has_its_place(browser)
    assert browser.complaints() == []
    one_language_is_shown_where_the_browser_knows_no_has(browser)


def everything_has_its_place(browser: Browser) -> None:
    browser.unfold()
    for language in ("en", "zh"):
        browser.click(f"[for={language}]")
        assert browser.run(LAID_OUT) == [], language


def language_and_theme_are_switched_and_remembered(browser: Browser, page: Path) -> None:
    browser.click("[for=en]")
    heading = browser.find("h1").text
    browser.click("[for=zh]")
    assert browser.find("h1").text not in {heading, ""}
    assert browser.find("html").get_attribute("lang") == "zh-CN"
    browser.click("[for=light]")
    light = browser.run(COLOURS)
    browser.click("[for=dark]")
    assert browser.run(COLOURS) != light
    dark = browser.run(COLOURS)
    browser.open(page)
    assert browser.run(COLOURS) == dark
    assert browser.find("html").get_attribute("lang") == "zh-CN"
    for kept in ("en", "auto"):
        browser.click(f"[for={kept}]")


def one_conversation_is_chosen_and_stepped_through(browser: Browser) -> None:
    every = browser.run(SHOWN)
    chosen = browser.run("return [...document.querySelectorAll('#choose option')].at(-1).value")
    browser.choose(chosen)
    assert browser.run(SHOWN) == [chosen] != every
    packets = browser.run("return [...document.querySelectorAll(`#${arguments[0]} .packet`)].map((p) => p.id)", chosen)
    browser.run("document.activeElement.blur()")
    for packet in packets[:2]:
        browser.forward()
        assert browser.current == packet
        assert browser.in_view(packet)
    browser.back()
    assert browser.current == packets[0]
    browser.choose("")
    assert browser.run(SHOWN) == every


def playing_goes_on_to_the_last_packet(browser: Browser) -> None:
    chosen = browser.run("return document.querySelectorAll('#choose option')[1].value")
    browser.choose(chosen)
    last = browser.run("return [...document.querySelectorAll(`#${arguments[0]} .packet`)].at(-1).id", chosen)
    browser.click("#previous")
    assert browser.current == last
    browser.click("#previous")
    browser.click("#play")
    assert browser.find("#play").get_attribute("aria-pressed") == "true"
    browser.until("document.getElementById('play').getAttribute('aria-pressed') === 'false'")
    assert browser.current == last


def payloads_are_shown_as_hexadecimal_on_demand(browser: Browser) -> None:
    chosen = browser.run("return document.querySelector('.ladder:has(.hex)').id")
    browser.choose(chosen)
    dump = f"#{chosen} .hex pre"
    assert not browser.find(dump).is_displayed()
    browser.click("#dump")
    assert browser.count(f"#{chosen} .hex[open]") == browser.count(f"#{chosen} .hex") > 0
    assert browser.find(dump).text.startswith("0000")
    browser.click("#dump")
    assert browser.count(".hex[open]") == 0


def a_check_leads_to_its_packets(browser: Browser) -> None:
    link = browser.find("#checks .packet-link")
    packet = link.get_attribute("href").partition("#")[2]
    other = browser.run(
        "return document.querySelector(`.ladder:not(:has(#${arguments[0]})):not(:has(> details .rows))`)?.id", packet
    )
    if other is not None:
        browser.choose(other)
    link.click()
    browser.until(f"document.querySelector('.current')?.id === '{packet}'")
    assert browser.find(f"#{packet}").is_displayed()
    assert browser.in_view(packet)


def one_language_is_shown_where_the_browser_knows_no_has(browser: Browser) -> None:
    browser.run(WITHOUT_HAS)
    for chosen, other in (("zh", "en"), ("en", "zh")):
        browser.click(f"[for={chosen}]")
        assert browser.run(VISIBLE, chosen)
        assert not browser.run(VISIBLE, other)
