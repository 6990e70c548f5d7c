"""Paired differences as an SVG element: what it draws, says and weighs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from xml.etree import ElementTree

import numpy as np
from planted_evidence import evidence_of

from studies.figures.pair_strips import NO_PAIRS, Pair, strip
from studies.figures.paired import PairedInfo, paired_info
from studies.figures.paired_picture import NAME, SHEET, paired_picture
from studies.records import Runs
from studies.verdict.decide import decide_study
from studies.verdict.model import Interval

MakeRuns = Callable[..., Runs]


def _info(runs: Runs) -> PairedInfo:
    evidence = evidence_of(runs)
    (verdict,) = decide_study("one", "0" * 64, [evidence]).sweeps
    return paired_info(verdict, evidence)


def _classes(drawn: str) -> set[str]:
    return {name for found in re.findall(r'class="([^"]*)"', drawn) for name in found.split()}


def test_it_has_every_row_with_its_pairs_and_is_sound_xml(make_runs: MakeRuns) -> None:
    info = _info(make_runs())
    drawn = str(paired_picture(info))
    root = ElementTree.fromstring(drawn)
    texts = [element.text for element in root.iter("text")]
    assert {"band", "claim", "interval", "point", "pairs", "axis"} <= _classes(drawn)
    assert {row.name for row in info.rows} <= set(texts)
    assert info.unit in texts and "better than the claim →" in texts
    (path,) = re.findall(r'class="pairs" d="([^"]+)"', drawn)
    assert 1 < path.count("h0") <= info.rows[0].strip.pairs
    said = root.get("aria-label") or ""
    assert f"{info.rows[0].name}: {info.rows[0].outcome}, above 0 in " in said
    assert re.search(r"(nan|inf)[ ,\-\"]", drawn) is None


def test_without_pairs_the_intervals_are_drawn_and_the_rows_are_lower(make_runs: MakeRuns) -> None:
    info = _info(make_runs())
    bare = replace(info, rows=tuple(replace(row, strip=NO_PAIRS) for row in info.rows))
    drawn, lower = paired_picture(info), paired_picture(bare)
    assert "pairs" not in _classes(lower) and "interval" in _classes(lower)
    heights = [float(ElementTree.fromstring(each).get("viewBox", "").split()[3]) for each in (drawn, lower)]
    assert heights[1] < heights[0]


def test_where_nothing_was_compared_nothing_is_drawn(make_runs: MakeRuns) -> None:
    runs = make_runs()
    info = _info(runs.where(np.asarray(runs.phase == "map")))
    assert info.empty.startswith("No paired comparison yet")
    assert paired_picture(info) == ""


def test_a_row_that_is_not_estimated_and_a_margin_that_is_not_known_leave_marks_out(make_runs: MakeRuns) -> None:
    info = _info(make_runs())
    unknown = replace(info.rows[0], difference=Interval(None, None, None), strip=NO_PAIRS)
    drawn = paired_picture(replace(info, rows=(unknown,), margin=None))
    assert not {"band", "interval", "point", "pairs"} & _classes(drawn)
    assert "–" in drawn


def test_many_arms_with_many_pairs_are_light(make_runs: MakeRuns) -> None:
    info = _info(make_runs())
    full = strip([Pair(i, 0, float((i * 37) % 101) - 50.0) for i in range(2000)])
    many = replace(info, rows=tuple(replace(info.rows[0], strip=full) for _ in range(10)))
    assert len(paired_picture(many).encode()) < 25_000
    assert "200 are drawn, an even choice" in paired_picture(many)


def test_the_sheet_has_a_rule_for_every_class(make_runs: MakeRuns) -> None:
    rules = (files("studies.figures") / SHEET).read_text("utf-8")
    drawn = _classes(paired_picture(_info(make_runs())))
    assert {name for name in drawn if f".{NAME} .{name}" not in rules} <= {NAME, "name", "start"}
