"""Filters of the templates."""

from __future__ import annotations

import pytest

from service.pages.templating import duration, objective_value, script_json, size, ticks


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (duration(None), "–"),
        (duration(59.6), "60 s"),
        (duration(600), "10 min"),
        (duration(7200), "2.0 h"),
        (duration(10**6), "11.6 days"),
        (size(None), "–"),
        (size(5 * 2**20), "5 MiB"),
        (size(3 * 2**30), "3.0 GiB"),
        (objective_value(0.5, "accuracy"), "50.00 %"),
        (objective_value(0.5, "loss_area"), "0.5000"),
        (str(ticks("say `a<b` & go")), "say <code>a&lt;b</code> &amp; go"),
        (str(script_json({"a": "</script>"})), '{"a": "\\u003c/script\\u003e"}'),
    ],
)
def test_texts_are_written_for_readers(written: str, expected: str) -> None:
    assert written == expected
