"""Colours of all figures and pictures stay apart for readers with a colour-vision deficiency, by simulation."""

from __future__ import annotations

import re
from importlib.resources import files

import numpy as np
import pytest
from colour_vision import VISIONS, distance, nearest, seen

from studies.figures.theme import DARK, LIGHT, Palette

SIGNS = ("muted", "best", "rival", "untrained", "diverged", "collapsed")  # of arms and of runs, with a shape each
APART, CLAIM_APART = 12.0, 30.0  # CIE 1976; 2.3 is just noticeable
TOKENS = {"rival": "rival", "untrained": "untrained", "diverged": "bad", "collapsed": "collapsed", "claim": "claim"}
each_palette = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda palette: palette.name)


def tokens(name: str) -> dict[str, str]:
    """The colours that pages give to pictures drawn as SVG, in one theme."""
    sheet = (files("service.pages") / "static" / "tokens.css").read_text()
    start = sheet.index(":root {" if name == "light" else ':root[data-theme="dark"]')
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", sheet[start : sheet.index("}", start)]))


def test_the_simulation() -> None:
    """Red and green of equal lightness fall together without the green cones, blue and yellow do not."""
    assert distance("#b8432f", "#3f7d20", "usual") > 80 > 5 > distance("#b8432f", "#3f7d20", "deuteranopia")
    assert all(distance("#0e6ba8", "#d99a00", vision) > 70 for vision in VISIONS)
    assert seen("#ffffff", "protanopia") == pytest.approx([100.0, 0.0, 0.0], abs=0.02)
    assert distance("#000000", "#000001", "usual") < 2.3


@each_palette
def test_signs_stay_apart(palette: Palette) -> None:
    least = nearest({name: getattr(palette, name) for name in SIGNS})
    assert least[0] >= APART, least


@each_palette
def test_signs_of_pictures_stay_apart(palette: Palette) -> None:
    given = tokens(palette.name)
    least = nearest({name: given[name] for name in ("muted", "accent", "rival", "untrained", "bad", "collapsed")})
    assert least[0] >= APART, least


@each_palette
def test_the_claim_is_found_beside_what_was_measured(palette: Palette) -> None:
    for name in ("best", "muted", "ink"):
        for vision in VISIONS:
            assert distance(palette.claim, getattr(palette, name), vision) >= CLAIM_APART, (name, vision)


@each_palette
def test_the_scale_runs_one_way_in_lightness(palette: Palette) -> None:
    for vision in VISIONS:
        steps = np.diff([seen(colour, vision)[0] for colour in palette.scale])
        assert (np.abs(steps) > 5).all() and len(set(np.sign(steps))) == 1, (vision, steps)


@each_palette
def test_figures_and_pictures_have_the_same_colours(palette: Palette) -> None:
    given = tokens(palette.name)
    assert {name: getattr(palette, name) for name in TOKENS} == {name: given[token] for name, token in TOKENS.items()}


def test_the_report_has_them_too() -> None:
    report = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", (files("studies.report") / "report.css").read_text()))
    signs = [token for token in TOKENS.values() if token != "claim"]  # which is printed darker, as text
    assert {name: report[name] for name in signs} == {name: tokens("light")[name] for name in signs}
