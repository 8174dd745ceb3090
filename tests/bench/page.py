"""(f) The page of 2,000 packets: what it takes to write, to open in Chromium and to step through."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import captures
from tests.browser.browsing import Browser, chromium

PACKETS = 2_000
CONVERSATIONS = 10
STEPS = 100
LOADED = "return performance.getEntriesByType('navigation')[0].loadEventEnd"
STEPPED = """
const key = new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true });
const began = performance.now();
for (let step = 0; step < arguments[0]; step++) {
  document.body.dispatchEvent(key);
  document.body.getBoundingClientRect();
}
return (performance.now() - began) / arguments[0];
"""


def measure(lab: list[str], runs: int) -> None:
    """Write it and open it `runs` times; medians."""
    print(f"(f) the page of {PACKETS:,} packets in {CONVERSATIONS} conversations, {runs} times")
    written: list[float] = []
    loaded: list[float] = []
    stepped: list[float] = []
    with tempfile.TemporaryDirectory() as folder, chromium() as driver:
        capture, page = Path(folder) / "long.pcap", Path(folder) / "page.html"
        captures.write(capture, CONVERSATIONS, PACKETS // CONVERSATIONS)
        browser = Browser(driver)
        for _ in range(runs):
            began = time.perf_counter()
            _run([*lab, "inspect", str(capture), "--html", str(page)])
            written.append(time.perf_counter() - began)
            browser.open(page)
            browser.until(f"({LOADED.removeprefix('return ')}) > 0")
            loaded.append(browser.run(LOADED))
            stepped.append(browser.run(STEPPED, STEPS))
        elements = browser.run("return document.querySelectorAll('*').length")
        print(f"  size       {page.stat().st_size / 1e6:.2f} MB of HTML, {elements:,} elements")
    print(f"  written    {statistics.median(written):.2f} s, the start of the command included")
    print(f"  opened     {statistics.median(loaded):.0f} ms until it was loaded")
    print(f"  one step   {statistics.median(stepped):.1f} ms")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
