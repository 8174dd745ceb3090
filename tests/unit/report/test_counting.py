from __future__ import annotations

import io

from lab.report.counting import Counting


def test_counting_tells_how_many_and_how_long():
    stream = io.StringIO()
    with Counting("sums\x1b[31m", 3, "en", stream=stream) as counting:
        assert counting.told() == "sums\\x1b[31m   graded 0 of 3"
        counting.one()
        assert "graded 1 of 3   about 0 s left" in counting.told()
    assert stream.getvalue() == ""
