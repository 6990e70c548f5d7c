"""The landscape as an SVG element: what it draws, says and weighs."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files
from xml.etree import ElementTree

import numpy as np

from studies.figures.landscape import LandscapeInfo, landscape_info
from studies.figures.landscape_picture import MOST_SIGNS, NAME, SHEET, caption, landscape_picture
from studies.figures.theme import DARK, LIGHT
from studies.language.claim import Claim
from studies.language.parameters import Axes, Parameter
from studies.language.space import EtaRange, OwnSpace, SearchSpace
from studies.records import Runs
from studies.verdict.model import SweepVerdict

MakeRuns = Callable[..., Runs]
MakeVerdict = Callable[..., SweepVerdict]
HEAVIEST = 40_000  # characters for 2,400 trials


def _info(runs: Runs, verdict: SweepVerdict | None = None) -> LandscapeInfo:
    return landscape_info(runs, Claim(), SearchSpace(), objective="accuracy", verdict=verdict)


def _classes(drawn: str) -> set[str]:
    return {name for found in re.findall(r'class="([^"]*)"', drawn) for name in found.split()}


def test_a_judged_landscape_has_every_mark_and_is_sound_xml(make_runs: MakeRuns, make_verdict: MakeVerdict) -> None:
    info = _info(make_runs(), make_verdict())
    drawn = str(landscape_picture(info))
    root = ElementTree.fromstring(drawn)
    texts = [element.text for element in root.iter("text")]
    marks = {"band", "star", "best", "region", "level", "curve", "ridge", "crest", "rate", "sign", "diverged", "c6"}
    assert marks <= _classes(drawn)
    assert {"learning rate η", "momentum weight α", "η/(1−α)", "0.9", "0.01", "0.1", "test accuracy"} <= set(texts)
    assert {"93 %", "95 %", "96 %"} & {text for text in texts if text}, "lines of equal value say which value"
    said = root.get("aria-label") or ""
    assert "62 settings" in said and f"{len(info.failed)} diverged" in said and "The claim is η 0.0159, α 0.874" in said
    assert re.search(r"(nan|inf)[ ,\-\"]", drawn) is None


def test_what_there_is_not_is_neither_drawn_nor_explained(make_runs: MakeRuns, make_verdict: MakeVerdict) -> None:
    bare = _info(make_runs())
    assert not {"region", "level", "crest"} & _classes(landscape_picture(bare))
    assert "Shaded" not in caption(bare) and "Thick line" not in caption(bare)
    assert "Shaded" in caption(_info(make_runs(), make_verdict())) and "✕ diverged" in caption(bare)
    runs = make_runs()
    none = _info(runs.where(np.zeros(len(runs), dtype=np.bool_)))
    assert landscape_picture(none) == ""


def test_every_trained_setting_is_one_dot_of_its_class(make_runs: MakeRuns) -> None:
    info = _info(make_runs())
    dots = re.findall(r'<g class="dots c(\d)"><path id="[^"]+" d="([^"]+)"', landscape_picture(info))
    assert sum(path.count("h0") for _, path in dots) == len(info.measured)
    low, high = info.shade_range
    top = sum(s is not None and s >= low + (high - low) * 6 / 7 for s in info.shades)
    assert {kind: path.count("h0") for kind, path in dots}["6"] == top


def test_2400_settings_are_light_and_an_even_choice_is_said(make_runs: MakeRuns, make_verdict: MakeVerdict) -> None:
    info = _info(make_runs(2400), make_verdict())
    drawn = landscape_picture(info)
    assert len(drawn.encode()) < HEAVIEST
    assert "many" in _classes(drawn)
    assert len(info.failed) <= MOST_SIGNS and "settings are drawn" not in caption(info)
    runs = make_runs(2400)
    runs.diverged[:] = True
    runs.cause[:] = "diverged"
    broken = _info(runs)
    assert len(landscape_picture(broken).encode()) < HEAVIEST
    assert re.search(r"800 of 2,402 settings are drawn, chosen evenly", caption(broken))
    assert re.search(r"of 9,002 settings are drawn", caption(_info(make_runs(9000))))


def test_other_parameters_have_no_lines_of_the_papers_two(make_runs: MakeRuns) -> None:
    axes = Axes(
        Parameter(name="depth", scale="linear", low=0.0, high=1.0),
        Parameter(name="beta1", scale="log_one_minus", low=0.0, high=0.99),
        ridge=False,
    )
    named = {"at": {"depth": 0.5, "beta1": 0.9}, "curve": "none", "tolerance": {"depth": 0.1}}
    claim = Claim.model_validate(named).bound(axes, None)
    info = landscape_info(make_runs(), claim, OwnSpace.of(axes), objective="loss_area")
    drawn = landscape_picture(info)
    assert not {"rate", "ridge", "curve"} & _classes(drawn)
    assert "η" not in drawn + caption(info) and "α" not in drawn + caption(info)


def test_a_widened_box_is_outlined(make_runs: MakeRuns) -> None:
    wide = SearchSpace(eta=EtaRange(low=1e-4, high=4.0))
    info = landscape_info(make_runs(), Claim(), wide, objective="accuracy", preregistered=SearchSpace())
    assert "box" in _classes(landscape_picture(info)) and "box as submitted" in caption(info)


def test_the_sheet_has_a_rule_for_every_class(make_runs: MakeRuns, make_verdict: MakeVerdict) -> None:
    rules = (files("studies.figures") / SHEET).read_text("utf-8")
    drawn = _classes(landscape_picture(_info(make_runs(), make_verdict())))
    without = {name for name in drawn if f".{NAME} .{name}" not in rules and f".{NAME}.{name}" not in rules}
    assert without == {NAME}
    tokens = (files("service.pages") / "static" / "tokens.css").read_text()
    for palette, times in ((LIGHT, 1), (DARK, 2)):
        scale = " ".join(f"--scale-{i}: {colour};" for i, colour in enumerate(palette.scale))
        assert tokens.count(scale) == times
