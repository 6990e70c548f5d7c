"""Rows about drift: none for one context, a sentence always, and a reason for each context that is left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from studies.figures.drift_table import drift_table
from studies.verdict.model import Drift, Interval, Outcome, StudyVerdict, SweepVerdict

MakeVerdict = Callable[..., SweepVerdict]
SPAN = Interval(0.1, 0.05, 0.2)
NONE = Interval(None, None, None)


def _study(sweeps: list[SweepVerdict], drift: tuple[Drift, ...] = ()) -> StudyVerdict:
    return StudyVerdict("study", Outcome.INCONCLUSIVE, "", "accuracy", "hash", 1, tuple(sweeps), (), drift)


def _in(context: str, verdict: SweepVerdict, **changes: object) -> SweepVerdict:
    return replace(verdict, sweep=f"{verdict.loss}@{context}", context=context, **changes)  # type: ignore[arg-type]


def test_one_context_has_no_drift(make_verdict: MakeVerdict) -> None:
    assert drift_table(_study([make_verdict(), replace(make_verdict(), loss="sse")])) == ()


def test_contexts_without_a_test_say_why(make_verdict: MakeVerdict) -> None:
    sweeps = [
        _in("inside", make_verdict()),
        _in("edge", make_verdict(), edge_mass=0.4),
        _in("thin", make_verdict(), region=None),
        _in("nowhere", make_verdict(), eta=NONE),
    ]
    (found,) = drift_table(_study(sweeps))
    assert found.test is None
    assert "the golden loss" in found.sentence
    reasons = [line.left_out for line in found.lines]
    assert reasons == ["not compared", "may lie beyond the box", "too few runs", "not located yet"]


def test_a_test_gives_the_sentence_and_marks_who_took_part(make_verdict: MakeVerdict) -> None:
    sweeps = [_in("a", make_verdict()), _in("b", make_verdict()), _in("c", make_verdict(), edge_mass=0.4)]
    test = Drift("golden", ("a", "b"), ("c",), 1.0, 2, 0.6, 0.5, 0.4, SPAN, SPAN, SPAN, (), "They agree.")
    (found,) = drift_table(_study(sweeps, (test,)))
    assert found.sentence == "They agree."
    assert [line.left_out for line in found.lines] == ["", "", "may lie beyond the box"]
