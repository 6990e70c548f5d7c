"""One loss over several contexts, in rows: where each optimum lies, what all share, and which pairs differ."""

from __future__ import annotations

from dataclasses import dataclass

from studies.language.loss_names import phrase
from studies.verdict.model import Drift, StudyVerdict, SweepVerdict
from studies.verdict.rules import EDGE_MASS


@dataclass(frozen=True, slots=True)
class DriftLine:
    """One context's optimum; `left_out` says why the test does without it, "" where it does not."""

    verdict: SweepVerdict
    left_out: str


@dataclass(frozen=True, slots=True)
class LossDrift:
    """One loss: a sentence first, then its contexts, then the test, None where fewer than two optima are located."""

    loss: str
    sentence: str
    lines: tuple[DriftLine, ...]
    test: Drift | None


def drift_table(verdict: StudyVerdict) -> tuple[LossDrift, ...]:
    """Drift in rows, loss by loss; empty for a study with one context."""
    if len({sweep.context for sweep in verdict.sweeps}) < 2:
        return ()
    tests = {drift.loss: drift for drift in verdict.drift}
    losses = dict.fromkeys(sweep.loss for sweep in verdict.sweeps)
    return tuple(_of_loss(loss, verdict, tests.get(loss)) for loss in losses)


def _of_loss(loss: str, verdict: StudyVerdict, test: Drift | None) -> LossDrift:
    own = tuple(sweep for sweep in verdict.sweeps if sweep.loss == loss)
    used = test.contexts if test is not None else ()
    sentence = (
        test.sentence
        if test is not None
        else f"For {phrase(loss)}, fewer than two contexts have an optimum that is located inside the box, "
        "so nothing can be said yet about whether it moves."
    )
    return LossDrift(loss, sentence, tuple(DriftLine(v, "" if v.context in used else _why(v)) for v in own), test)


def _why(verdict: SweepVerdict) -> str:
    if verdict.eta.estimate is None:
        return "not located yet"
    if verdict.edge_mass is not None and verdict.edge_mass >= EDGE_MASS:
        return "may lie beyond the box"
    return "too few runs" if verdict.region is None else "not compared"
