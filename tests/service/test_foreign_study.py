"""A whole study's export is judged as the study itself is, and a table that is no confirmation is told from one."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from planted_study import LOCATE, make, planted
from planted_worker import Planted

from service.export import to_csv
from studies.errors import SpecError
from studies.evidence import context_of, evidence
from studies.foreign.csv_text import ignored_columns, read_table
from studies.foreign.judgement import JudgedTable, answer, table_of
from studies.foreign.rows import COLUMNS
from studies.foreign.table import TrialTable
from studies.judgement import judge
from studies.language.design import LocateDesign
from studies.language.spec import StudySpec
from studies.plan.later_looks import later_step, round_runs
from studies.plan.procedure import expected_runs, first_plans
from studies.storage import phases, results, studies
from studies.storage.engine import Database, open_database
from studies.storage.listing import iter_runs
from studies.verdict.looks import MOST_LOOKS
from studies.verdict.records import Outcome, StudyVerdict

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
    look = studies.get(db, spec.name).sweeps[0].rounds + 1
    assert isinstance(spec.design, LocateDesign)
    studies.grant(db, spec.name, round_runs(spec.design, look))
    (due,) = phases.due(db)
    sweep = studies.get(db, spec.name).sweeps[0]
    measured = evidence(spec, sweep, results.runs(db, spec.name, sweep.name))
    step = later_step(spec, context_of(spec, sweep.context), measured)
    assert step is not None
    assert phases.append(db, due.sweep_id, after=due.stage, step=step)
    assert worker.work_off(db) == step.runs_added


def test_the_complete_export_of_an_extended_study_gives_its_own_verdict_at_every_look(database_url: str) -> None:
    db, spec, worker = open_database(database_url), make(losses=["golden"]), Planted(AT_CLAIM, noise=0.2)
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
    assert (outcomes[0], outcomes[-1]) == (Outcome.INCONCLUSIVE, Outcome.SUPPORTED)


def test_another_objective_than_the_documents_is_exploratory(database: Database) -> None:
    spec, text, _ = export(database, FAR)
    found = judged(text, document=plain(spec), objective="cross_entropy")
    assert (found.objective, found.claimed) == ("cross_entropy", False)
    assert found.notes[0].startswith("Exploratory: only accuracy was fixed in advance")
    own = judge(database, spec.name, "cross_entropy")
    assert [getattr(found.sweeps[0], p) for p in P_VALUES] == [getattr(own.sweeps[0], p) for p in P_VALUES]
    assert judged(text, document=plain(spec), objective="accuracy").claimed


CONFIRM = [
    {"eta": eta, "alpha": alpha, "value": 0.9, "phase": "confirm", "arm": arm, "block": block}
    for block in range(4)
    for arm, eta, alpha in (("claim", 0.015868, 0.874032), ("best", 0.1, 0.5))
]


def changed(place: int, **changes: Any) -> list[dict[str, Any]]:
    rows = [dict(row) for row in CONFIRM]
    rows[place].update(changes)
    return rows


@pytest.mark.parametrize(
    ("rows", "place", "words"),
    [
        (changed(1, phase="confrim"), "rows.1.phase", "'confrim' is no phase; write map"),
        (changed(1, arm="winner"), "rows.1.arm", "'winner' is no arm; write claim, best"),
        (changed(1, block=1.5), "rows.1.block", "integer"),
        (changed(1, block=None), "rows.1.block", "need the number of the block"),
        (changed(3, block=0), "rows.3.block", "block 0 has two runs 0 of the arm best; number them by `run`"),
        (CONFIRM[1::2], "rows.0.arm", "no confirm row of unnamed has the arm claim"),
        (changed(0, eta=0.03), "rows.0.arm", "the claim's point is (0.01587, 0.874)"),
        (changed(1, eta=0.2), "rows.3.arm", "best has 2 points"),
        (changed(1, correct=11, n_test=10), "rows.1.correct", "11 exceeds n_test (10)"),
        (changed(1, divergd=True), "rows.1.divergd", "did you mean `diverged`?"),
        ([{**row, "trial": 7} for row in CONFIRM], "rows.1.trial", "trial 7 has two runs 0"),
        ([{**row, "state": "PRUNED"} for row in CONFIRM], "rows", "none is complete"),
    ],
)
def test_rows_that_cannot_be_a_confirmation_are_refused(rows: list[dict[str, Any]], place: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        table_of({"rows": rows})
    assert caught.value.problems[0][0] == place
    assert words in caught.value.problems[0][1]


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"loss": "mse"}, "rows.0.loss", "not among the document's losses (golden, sse)"),
        ({"context": "paper"}, "rows.0.context", "not among the document's contexts (digits)"),
        ({"eta": 50.0, "arm": "best"}, "rows.0.eta", "outside the document's search_space"),
    ],
)
def test_rows_that_are_not_the_documents_are_refused(change: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        table_of(
            {"document": LOCATE, "rows": [{**CONFIRM[0], "loss": "golden", "phase": "map", "arm": None, **change}]}
        )
    assert caught.value.problems[0][0] == place
    assert words in caught.value.problems[0][1]


def test_what_the_document_states_is_not_stated_twice() -> None:
    row = {**CONFIRM[0], "loss": "golden"}
    with pytest.raises(SpecError) as caught:
        table_of({"document": LOCATE, "rows": [row], "claim": {}, "points": "fixed"})
    assert [field for field, _ in caught.value.problems] == ["claim", "points"]


def test_failed_trials_are_left_out_and_told_or_count_as_diverged() -> None:
    rows = [{**row, "arm": None, "phase": None, "block": None} for row in CONFIRM]
    rows += [{"eta": 0.9, "alpha": 0.9, "state": state} for state in ("FAIL", "FAIL", "PRUNED")]
    without = answer(table_of({"rows": rows}))
    assert without.left_out == {"FAIL": 2, "PRUNED": 1}
    assert (without.sweeps[0].runs, without.sweeps[0].diverged_share) == (8, 0.0)
    assert "2 FAIL, 1 PRUNED" in without.notes[0] and "--failed-as-diverged" in without.notes[0]
    counted = answer(table_of({"rows": rows, "failed_as_diverged": True}), left_out={"FAIL": 1})
    assert counted.left_out == {"FAIL": 1, "PRUNED": 1}
    assert (counted.sweeps[0].runs, counted.sweeps[0].diverged_share) == (10, 0.2)


@pytest.mark.parametrize(
    ("header", "column", "cure"),
    [
        ("eta,alpha,value,divergd", "divergd", "`diverged`"),
        ("eta,alpha,value,is_diverged", "is_diverged", "`diverged`"),
        ("eta,alpha,value,repeats", "repeats", "`repeat`"),
        ("eta,alpha,value,phse", "phse", "`phase`"),
        ("eta,alpha,value,blocks", "blocks", "`block`"),
    ],
)
def test_a_slip_in_a_columns_name_is_refused(header: str, column: str, cure: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_table(f"{header}\n0.1,0.5,0.9,1\n".encode(), {})
    assert caught.value.problems[0][0] == f"line 1, column {column}"
    assert f"did you mean {cure}?" in caught.value.problems[0][1]


def test_other_columns_are_told_and_the_objectives_own_stands_in_for_the_value() -> None:
    content = b"eta,alpha,accuracy,beta,theta,train_loss,note\n0.1,0.5,0.9,1,2,3,x\n"
    assert ignored_columns(content, {}) == ("beta", "theta", "train_loss", "note")
    table = read_table(content, {})
    assert isinstance(table, TrialTable)
    assert [row.value for row in table.rows] == [0.9]
    with pytest.raises(SpecError, match="column value: is missing"):
        read_table(content, {"objective": "error"})
    assert set(ignored_columns(",".join(COLUMNS).encode() + b"\n", {})) == set()


def test_the_value_of_a_run_that_never_reached_the_target_may_lack(database: Database) -> None:
    spec, text, _ = export(database, AT_CLAIM)
    rows = rows_of(text)
    for row in rows[:5]:
        row["epochs_to_target"] = ""
    found = judged(text_of(rows), document=plain(spec), objective="epochs_to_target")
    assert found.sweeps[0].runs == sum(row["sweep"].startswith("golden@") for row in rows)
