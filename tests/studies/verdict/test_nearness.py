"""Posterior shares of "the primary loss' optimum lies nearer to the claim"."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studies.verdict.findings import gather
from studies.verdict.model import Evidence
from studies.verdict.nearness import nearness


def test_nearness_says_whose_optimum_lies_nearer(supported: Evidence, refuted: Evidence) -> None:
    found = [gather(e) for e in (supported, replace(refuted, loss="sse"), replace(supported, loss="cross_entropy"))]
    rows = nearness(found)
    assert [(row.context, row.loss) for row in rows] == [("planted", "golden")] * 2
    shares = {row.other: row.probability for row in rows}
    assert shares["sse"] > 0.95
    assert shares["cross_entropy"] == pytest.approx(0.5)


def test_nearness_stays_within_a_context_and_needs_a_primary_loss(supported: Evidence, refuted: Evidence) -> None:
    golden, sse = gather(supported), gather(replace(refuted, loss="sse"))
    elsewhere = replace(sse, evidence=replace(sse.evidence, context="other"))
    assert nearness([golden, elsewhere]) == ()
    assert nearness([sse]) == ()


def test_nearness_leaves_out_a_sweep_without_a_located_optimum(supported: Evidence) -> None:
    golden = gather(supported)
    thin = replace(golden, evidence=replace(supported, loss="sse"), location=replace(golden.location, argmaxes=None))
    assert nearness([golden, thin]) == ()
