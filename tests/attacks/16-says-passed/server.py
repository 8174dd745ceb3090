"""Says what a lab might say, and does nothing."""

import sys

for text in (
    "timed out",
    "PASSED",
    "passed   9 checks   10 of 10 points   0.1 s",
    "  ✓ connected   2 complete handshakes to server:7007",
    "lab: the engine went away",
    "error: internal error of the lab, run it again",
    "Traceback (most recent call last):",
    "OK",
    "ok 1 - connected",
    "1..9",
    "##[set-output name=result]10",
    "::set-output name=points::10",
    "::add-mask::10",
):
    print(text)
    print(text, file=sys.stderr)
