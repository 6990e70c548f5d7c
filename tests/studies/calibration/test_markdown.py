"""The Markdown tables: one line per scenario, by kind, with the base line's columns where there is one."""

from __future__ import annotations

from dataclasses import replace

from studies.calibration.markdown import tables
from studies.calibration.verdict_rates import Collapses, Row, Said

ROW = Row(
    "A",
    "golden",
    200,
    170,
    0,
    {"flat": 26, "power": 4},
    0,
    0,
    0.015,
    0.99,
    0.9,
    located=200,
    covered=198,
    median_area=0.0091,
    mean_area=0.012,
    margin=0.1,
    true_margin=0.096,
    runs=410.0,
    decidable=200,
    right=170,
    irrefutable=200,
)
TWIN = replace(ROW, scenario="A-two", kind="collapse", twin="A", margin=0.48, right=0, supported=0)


def cells(text: str, key: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith(f"| {key} |")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_line_has_the_columns_of_its_head() -> None:
    for base in (None, {"A": ROW}):
        widths = [line.count("|") for line in tables([ROW, TWIN], base).splitlines() if line.startswith("|")]
        assert len(set(widths[:4])) == len(set(widths[4:])) == 1


def test_shares_have_their_intervals_and_margins_their_ratio() -> None:
    verdicts, regions = cells(tables([TWIN, ROW]), "A-two")
    assert verdicts[2:] == ["200", "0 %", "0 %", "flat 26, power 4", "0 % (0 to 2)", "0.00", "–", "0 of 200"]
    assert regions[2:8] == ["99 % (96 to 100)", "–", "0.91 %", "1.2 %", "0.48", "0.096"]
    assert regions[8:] == ["4.80", "410"]


def test_kinds_stand_together_and_the_base_line_beside() -> None:
    text = tables([TWIN, ROW], {"A": replace(ROW, supported=100)})
    assert text.index("| A |") < text.index("| A-two |")
    assert "50 %" in cells(text, "A")[0]
    assert "supported before" in text
    assert "- A-two: right" not in text, "there is no base line of it"
    assert text.rstrip().endswith("goal 0.75"), "the trainings are those of the base line"
    assert "supported before" not in tables([ROW])


def test_statements_are_shown_where_an_analysis_has_them() -> None:
    said = {name: Said(150, 0, 50, 0, 0, 0, 200) for name in ("as_good", "there", "matters")}
    text = tables([replace(ROW, statements=said, collapses=Collapses(2, 3, 2, 200), shares=200, shares_held=190)])
    line = cells(text, "A")[2]
    assert line[2:4] == ["150 / 0 / 50", "–; 0 of 200"]
    assert line[-3:] == ["95 %", "2", "2 of 200"]
    assert "### Statements" not in tables([ROW])
