"""Optima of several studies on common scales."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

from studies.figures.drift import drift_info
from studies.figures.studies_picture import StudyOptima, studies_panels
from studies.language.claim import Claim
from studies.language.space import SearchSpace
from studies.verdict.model import SweepVerdict

MakeVerdict = Callable[..., SweepVerdict]


def test_each_study_has_its_name_its_band_and_its_rows(make_verdict: MakeVerdict) -> None:
    other = Claim(eta=0.1, alpha=0.5)
    studies = [
        StudyOptima("First <one>", drift_info([make_verdict()], Claim(), SearchSpace())),
        StudyOptima("Second", drift_info([], other, SearchSpace())),
        StudyOptima("Third", drift_info([make_verdict()] * 2, other, SearchSpace())),
    ]
    panels = studies_panels(studies)
    assert len(panels) == 2
    for panel in panels:
        found = list(ElementTree.fromstring(panel).iter())
        classed = [(e, e.get("class", "").split()) for e in found]
        assert [e.text for e, names in classed if "study" in names] == ["First <one>", "Second", "Third"]
        assert sum("band" in names for _, names in classed) == 3
        assert sum("point" in names for _, names in classed) == 3
        assert "no optimum located" in panel
        bands = [float(e.get("y", "")) for e, names in classed if "band" in names]
        assert bands == sorted(bands)


def test_what_it_shows_is_said(make_verdict: MakeVerdict) -> None:
    panels = studies_panels([StudyOptima("First", drift_info([make_verdict()], Claim(), SearchSpace()))])
    assert 'aria-label="Where each study’s optimum of learning rate η lies beside its claim.' in panels[0]
    assert "First: golden loss 0.0300 (95 %: 0.0120 to 0.0800)" in panels[0]
    assert studies_panels([]) == ()
