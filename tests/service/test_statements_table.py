"""The three statements for a terminal: fit 80 columns, sign and word, each sweep by its name."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from filled_answers import NO, UNDECIDED, answered
from rich.console import Console

from service.commands.showing import show_verdict
from service.statements_table import answer_lines, answer_mark, outcomes_table, statements_table
from service.terminal import SafeConsole
from studies.language.spec import parse
from studies.verdict.exchange import from_json
from studies.verdict.model import Outcome, StudyVerdict

RESULTS = Path(__file__).parents[2] / "docs/results"


@pytest.fixture(scope="module")
def plain() -> StudyVerdict:
    return from_json(json.loads((RESULTS / "landscape.json").read_text("utf-8"))["verdict"])


@pytest.fixture(scope="module")
def filled(plain: StudyVerdict) -> StudyVerdict:
    outcomes = (Outcome.INCONCLUSIVE, Outcome.REFUTED, Outcome.INCONCLUSIVE)
    kinds = zip(plain.sweeps, outcomes, ("as_good", "regret", "power"), (UNDECIDED, NO, UNDECIDED), strict=True)
    margins = {"margin": 0.1, "margin_points": 0.5}  # below the loss that NO says is shown
    return replace(plain, sweeps=tuple(replace(answered(*kind), **margins) for kind in kinds))


def _shown(verdict: StudyVerdict, console_of: type[Console] = SafeConsole) -> str:
    console = console_of(file=io.StringIO(), width=80)
    show_verdict(console, verdict, notes=["A note."], advice=["An advice."])
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_an_earlier_analysis_looks_as_it_did(plain: StudyVerdict) -> None:
    assert (statements_table(plain), outcomes_table(plain), answer_lines(plain)) == (None, None, [])
    assert "three statements" not in _shown(plain)


def test_every_answer_has_its_mark_word_and_number(filled: StudyVerdict) -> None:
    shown = _shown(filled)
    assert max(map(len, shown.splitlines())) <= 80
    for text in (
        "? undecided   loses at most 1.3 points",
        "✘ no          loses at least 6.1 points",
        "is the optimum there?    ✘ no          at least a factor 3.4 away",
        "in the whole sweep         812          12           5         31   860",
    ):
        assert text in shown
    assert shown.rstrip().endswith("An advice.")


def test_sentences_name_their_sweep_and_what_all_share_comes_once(filled: StudyVerdict) -> None:
    lines = answer_lines(filled)
    assert sum(line.startswith("sse@paper: The row of the table that decided: as good: no;") for line in lines) == 1
    assert sum("Terms that are not the default" in line for line in lines) == 1
    assert sum("36 runs collapsed" in line for line in lines) == 1, "of all sweeps together"


def test_a_single_sweep_needs_no_name(filled: StudyVerdict) -> None:
    lines = answer_lines(replace(filled, sweeps=filled.sweeps[:1]))
    assert not any(line.startswith("golden@") for line in lines)


def test_marks_are_no_colour_alone() -> None:
    assert [answer_mark(name).plain for name in ("yes", "no", "undecided", "other")] == [
        "✔ yes",
        "✘ no",
        "? undecided",
        "other",
    ]


def test_a_sweep_that_trains_by_a_reconstruction_is_called_one(filled: StudyVerdict) -> None:
    """Reconstructed: an annealed schedule, whose course no source gives; in every table and beside every sentence."""
    contexts = [{"name": "annealed", "schedule": "anneal_eta"}, {"name": "plain"}]
    spec = parse({"name": "two", "contexts": contexts})
    first, second, *_ = filled.sweeps
    sweeps = (replace(first, sweep="golden@annealed"), replace(second, sweep="golden@plain"))
    console = SafeConsole(file=io.StringIO(), width=160)
    show_verdict(console, replace(filled, sweeps=sweeps), spec)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert shown.count("golden@annealed") == shown.count("golden@annealed (reconstruction)") > 3
    assert "golden@plain" in shown and "golden@plain (reconstruction)" not in shown
