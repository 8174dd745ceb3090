"""A page in a real browser: opened from disk with no network, at a width; what it asked for and complained of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # its sandbox does not work as root
    "--disable-dev-shm-usage",  # /dev/shm of a container is small
    "--disable-gpu",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-prefers-reduced-motion",  # a row that was jumped to is in view at once
)
PHONE, DESK = 360, 1280  # CSS pixels
HEIGHT = 900
WITHIN = 60  # seconds for what the page does by its clock, on a machine that is busy
WCAG_AA = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
UNFOLD = """
document.styleSheets[0].insertRule(".rows li { content-visibility: visible !important }");
for (const each of document.querySelectorAll("details")) each.open = true;
"""


@contextmanager
def chromium() -> Iterator[Chrome]:
    """Debian's Chromium without a window."""
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.set_capability("unhandledPromptBehavior", "ignore")  # an alert must be seen by the test
    driver = Chrome(options, ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


@dataclass(frozen=True)
class Browser:
    """Chromium with one page in it."""

    driver: Chrome

    def open(self, page: Path, width: int = DESK) -> None:
        """Load a page anew; what the pages before it did is forgotten."""
        self.driver.get("about:blank")
        self.resize(width)
        for log in ("browser", "performance"):
            self.driver.get_log(log)
        self.driver.get(page.as_uri())

    def resize(self, width: int) -> None:
        """Make the window so wide; as wide as a phone it is one."""
        size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": width <= PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def unfold(self) -> None:
        """Open whatever is folded and lay out what is out of view."""
        self.run(UNFOLD)

    def run(self, script: str, *arguments: object) -> Any:
        """What a script returns; the page's policy does not bind it."""
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def count(self, selector: str) -> int:
        return len(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def click(self, selector: str) -> None:
        self.find(selector).click()

    def choose(self, value: str) -> None:
        """A conversation by its id, all by the empty one."""
        Select(self.find("#choose")).select_by_value(value)

    def press(self, key: str) -> None:
        """A key, wherever the focus is."""
        self.driver.switch_to.active_element.send_keys(key)

    def forward(self) -> None:
        self.press(Keys.ARROW_RIGHT)

    def back(self) -> None:
        self.press(Keys.ARROW_LEFT)

    @property
    def current(self) -> str | None:
        """The id of the packet that was stepped to."""
        return self.run("return document.querySelector('.packet.current')?.id ?? null")

    def in_view(self, id_: str) -> bool:
        """Whether the middle of an element is within the window."""
        return self.run(
            "const box = document.getElementById(arguments[0]).getBoundingClientRect();"
            "const middle = (box.top + box.bottom) / 2; return 0 < middle && middle < innerHeight",
            id_,
        )

    def until(self, script: str) -> None:
        """Wait until an expression of JavaScript is true."""
        WebDriverWait(self.driver, WITHIN, 0.05).until(lambda _: self.run(f"return {script}"), script)

    def complaints(self) -> list[str]:
        """What stands on the console: errors, and what the policy refused."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened, its own among them."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]

    def violations(self) -> list[str]:
        """Where the page as it is now breaks WCAG 2.1 AA, by axe."""
        if not self.run("return 'axe' in window"):
            self.run((files("axe_core_python") / "axe.min.js").read_text("utf-8"))
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run({ runOnly: arguments[0], resultTypes: ['violations'] }).then((found) => done(found.violations))",
            [*WCAG_AA],
        )
        return [f"{v['id']}: {n['target']} {n.get('failureSummary')}" for v in found for n in v["nodes"]]
