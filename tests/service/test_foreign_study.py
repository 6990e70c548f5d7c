"""A whole study's export is judged as the study itself is, and a table that is no confirmation is not taken for one."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from planted_study import LOCATE, make, planted
from planted_worker import Planted

from service.export import to_csv
from studies.evidence import evidence
from studies.foreign.csv_text import ignored_columns, read_table
from studies.foreign.judgement import JudgedTable, answer
from studies.judgement import judge
from studies.language.design import LocateDesign
from studies.language.spec import StudySpec
from studies.plan.later_looks import later_step, round_runs
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import overview, phases, results, studies
from studies.storage.engine import Database, open_database
from studies.storage.listing import iter_runs
from studies.verdict.looks import MOST_LOOKS
from studies.verdict.model import Outcome, StudyVerdict

DESIGN = {**LOCATE["design"], "zoom_points": 48, "confirm_blocks": 12}
AT_CLAIM, FAR, BEYOND = (0.0159, 0.874), (0.2, 0.5), (2.5, 0.8)
P_VALUES = ("p_claim", "p_in", "p_out", "p_support", "p_refute", "p_support_adjusted", "p_refute_adjusted")


def export(db: Database, peak: tuple[float, float]) -> tuple[StudySpec, str, StudyVerdict]:
    """A planted study run to its end: its document, its export and its own verdict."""
    spec = make(design=DESIGN)
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    planted(peak).work_off(db)
    return spec, b"".join(to_csv(iter_runs(db, spec.name))).decode(), judge(db, spec.name)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def text_of(rows: list[dict[str, str]], columns: list[str] | None = None) -> bytes:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns or list(rows[0]), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def judged(content: bytes | str, **options: Any) -> JudgedTable:
    given = content.encode() if isinstance(content, str) else content
    return answer(read_table(given, options), ignored_columns=ignored_columns(given, options))


def plain(spec: StudySpec) -> dict[str, Any]:
    return spec.model_dump(mode="json")


@pytest.mark.parametrize(
    ("peak", "outcome"),
    [(AT_CLAIM, Outcome.SUPPORTED), (FAR, Outcome.REFUTED), (BEYOND, Outcome.REFUTED)],
    ids=["at the claim", "far", "in a widened box"],
)
def test_an_export_with_its_document_gives_the_studys_own_verdict(
    database: Database, peak: tuple[float, float], outcome: Outcome
) -> None:
    spec, text, own = export(database, peak)
    found = judged(text, document=plain(spec))
    assert (own.outcome, found.outcome) == (outcome, outcome)
    assert found.claim_hash == spec.claim_hash
    assert [replace(sweep, sentence="") for sweep in found.sweeps] == [replace(s, sentence="") for s in own.sweeps]
    assert found.sentence.startswith(own.sentence)
    assert "taken on trust" in found.sentence
    assert ("widen" in text) == (peak == BEYOND)


@pytest.mark.parametrize(("peak", "outcome"), [(AT_CLAIM, Outcome.SUPPORTED), (FAR, Outcome.REFUTED)])
def test_an_export_alone_gives_the_same_answer_and_the_same_paired_tests(
    database: Database, peak: tuple[float, float], outcome: Outcome
) -> None:
    _, text, own = export(database, peak)
    found = judged(text)
    assert (own.outcome, found.outcome) == (outcome, outcome)
    for mine, theirs in zip(found.sweeps, own.sweeps, strict=True):
        assert (mine.sweep, mine.runs) == (theirs.sweep, theirs.runs)
        for one, other in zip(mine.comparisons, theirs.comparisons, strict=True):
            assert (one.arm, one.pairs) == (other.arm, other.pairs)
            assert one.p_worse == pytest.approx(other.p_worse, rel=1e-9, abs=1e-12)
            assert one.p_equivalent == pytest.approx(other.p_equivalent, rel=1e-9, abs=1e-12)
    assert set(found.ignored_columns) >= {"split", "order_seed", "init_seed", "stack"}
    assert any("init_seed" in note for note in found.notes)


def test_a_table_that_lacks_the_confirmation_says_what_to_add(database: Database) -> None:
    spec, text, _ = export(database, AT_CLAIM)
    rows = rows_of(text)
    unmarked = [name for name in rows[0] if name not in ("phase", "arm", "block")]
    found = judged(text_of(rows, unmarked))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "columns phase (confirm), arm (claim, best) and block" in found.sentence
    without_best = [row for row in rows if row["arm"] != "best"]
    assert "lack the arm best" in judged(text_of(without_best)).sentence
    few = [row for row in rows if row["phase"] != "map" or int(row["trial"]) % 2]
    assert "export the complete study" in judged(text_of(few), document=plain(spec)).sentence


def extended(db: Database, spec: StudySpec, worker: Planted) -> None:
    """One more look at a complete study of one sweep, whatever its verdict says of more runs."""
    look = overview.get(db, spec.name).sweeps[0].rounds + 1
    assert isinstance(spec.design, LocateDesign)
    studies.grant(db, spec.name, round_runs(spec.design, look))
    (due,) = phases.due(db)
    sweep = overview.get(db, spec.name).sweeps[0]
    measured = evidence(spec, sweep, results.runs(db, spec.name, sweep.name))
    step = later_step(spec, spec.context_of(sweep.context), measured)
    assert step is not None
    assert phases.append(db, due.sweep_id, after=due.stage, step=step)
    assert worker.work_off(db) == step.runs_added


@pytest.mark.parametrize(("version", "first"), [(2, Outcome.INCONCLUSIVE), (3, Outcome.SUPPORTED)])
def test_the_complete_export_of_an_extended_study_gives_its_own_verdict_at_every_look(
    database_url: str, version: int, first: Outcome
) -> None:
    spec, worker = make(losses=["golden"], schema_version=version), Planted(AT_CLAIM, noise=0.2)
    db = open_database(database_url)
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    worker.work_off(db)
    outcomes = []
    for look in range(1, MOST_LOOKS + 1):
        if look > 1:
            extended(db, spec, worker)
        own = judge(db, spec.name)
        found = judged(b"".join(to_csv(iter_runs(db, spec.name))), document=plain(spec))
        assert own.sweeps[0].looks == look
        assert [replace(sweep, sentence="") for sweep in found.sweeps] == [replace(s, sentence="") for s in own.sweeps]
        assert (found.outcome, found.claim_hash) == (own.outcome, own.claim_hash)
        assert found.sentence.startswith(own.sentence)
        outcomes.append(own.outcome)
    db.dispose()
    assert (outcomes[0], outcomes[-1]) == (first, Outcome.SUPPORTED)


def test_another_objective_than_the_documents_is_exploratory(database: Database) -> None:
    spec, text, _ = export(database, FAR)
    found = judged(text, document=plain(spec), objective="cross_entropy")
    assert (found.objective, found.claimed) == ("cross_entropy", False)
    assert found.notes[0].startswith("Exploratory: only accuracy was fixed in advance")
    own = judge(database, spec.name, "cross_entropy")
    assert [getattr(found.sweeps[0], p) for p in P_VALUES] == [getattr(own.sweeps[0], p) for p in P_VALUES]
    assert judged(text, document=plain(spec), objective="accuracy").claimed


def test_the_value_of_a_run_that_never_reached_the_target_may_be_missing(database: Database) -> None:
    spec, text, _ = export(database, AT_CLAIM)
    rows = rows_of(text)
    for row in rows[:5]:
        row["epochs_to_target"] = ""
    found = judged(text_of(rows), document=plain(spec), objective="epochs_to_target")
    assert found.sweeps[0].runs == sum(row["sweep"].startswith("golden@") for row in rows)
