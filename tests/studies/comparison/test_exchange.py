"""Comparisons as JSON and back; reports from before later fields recompute to the letter."""

from __future__ import annotations

import json

from shown_arms import of_widths, shown_arms

from studies.comparison.exchange import from_json, to_json


def test_a_comparison_reads_back_as_itself() -> None:
    for found in (shown_arms(), shown_arms(widths=(45, 100)), of_widths()):
        assert from_json(json.loads(json.dumps(to_json(found)))) == found


def test_later_fields_are_left_out_where_they_say_nothing() -> None:
    text = json.dumps(to_json(shown_arms(widths=(45, 100))))
    assert '"paper": {"mean": 1.14, "sd": 0.22, "n": 6}' in text
    assert "widths_first" not in text and "differs" not in text
    said = to_json(of_widths())
    assert said["widths_first"] is True
    assert said["widths"][0]["result"]["paper"] == {"mean": 36.3, "sd": 1.2, "n": None, "differs": "up to 30 epochs"}
