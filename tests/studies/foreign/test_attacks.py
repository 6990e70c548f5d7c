"""Tables that were bent before they were judged: each is refused, or the verdict says what it could not check."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import sweep_looks
from studies.errors import SpecError
from studies.foreign.judgement import judge_table, table_of
from studies.language.spec import StudySpec, parse
from studies.verdict.model import Outcome

Row = dict[str, Any]
Rows = list[Row]
COLUMNS = ("trial", "run", "block", "n_test", "correct")


@pytest.fixture(scope="module")
def spec() -> StudySpec:
    design = {"map_points": 48, "zoom_points": 48, "confirm_blocks": 16}
    contexts = [{"name": "planted"}]
    return parse(
        {"name": "bent", "schema_version": 2, "seed": 11, "losses": ["golden"], "contexts": contexts, "design": design}
    )


@pytest.fixture(scope="module")
def genuine(spec: StudySpec) -> Rows:
    """The export of a study whose optimum lies far from the claim."""
    runs = next(sweep_looks(SCENARIOS["E"], np.random.default_rng(4), spec, spec.contexts[0])).runs
    return [
        {
            **{name: int(getattr(runs, name)[i]) for name in COLUMNS},
            **{name: float(getattr(runs, name)[i]) for name in ("eta", "alpha")},
            **{"phase": str(runs.phase[i]), "arm": str(runs.arm[i]), "loss": "golden", "context": "planted"},
            "value": float(runs.accuracy[i]),
        }
        for i in range(len(runs))
    ]


def judged(rows: Rows, spec: StudySpec | None = None, **options: Any) -> Any:
    document = {} if spec is None else {"document": spec.model_dump(mode="json")}
    return judge_table(table_of({**document, **options, "rows": rows}))


def paired(rows: Rows) -> Rows:
    return [row for row in rows if row["phase"] in ("confirm", "controls")]


def relabel(rows: Rows, names: dict[str, str]) -> None:
    for row in rows:
        row["arm"] = names.get(row["arm"], row["arm"])


def exchange_best_and_default(rows: Rows) -> None:
    relabel(rows, {"best": "default", "default": "best"})


def exchange_mates(rows: Rows) -> None:
    relabel(rows, {"mate:0": "mate:0.97", "mate:0.97": "mate:0"})


def call_the_best_a_mate(rows: Rows) -> None:
    relabel(rows, {"best": "mate:0.5", "mate:0": "best"})


def name_no_mate_at_all(rows: Rows) -> None:
    relabel(rows, {"mate:0": "mate:1e99"})


def double(rows: Rows, *, jitter: float = 0.0, times: int = 2) -> None:
    rng = np.random.default_rng(8)
    for copied in range(1, times):
        for row in paired(rows)[:]:
            if row["block"] >= 20_000:
                continue
            off = round(float(rng.normal(0.0, jitter)) * row["n_test"]) if jitter else 0
            correct = min(max(row["correct"] + off, 0), row["n_test"])
            new = {"block": row["block"] + 10_000 * copied, "trial": row["trial"] + 10_000 * copied}
            rows.append({**row, **new, "correct": correct, "value": correct / row["n_test"]})


WITHOUT: dict[str, tuple[Callable[[Rows], None], str]] = {
    "best and default exchanged": (exchange_best_and_default, "is default, which is the point"),
    "mates exchanged": (exchange_mates, "has not that momentum weight on the claim's ridge"),
    "the best called a mate": (call_the_best_a_mate, "has not that momentum weight on the claim's ridge"),
    "a mate of no momentum weight": (name_no_mate_at_all, "has not that momentum weight on the claim's ridge"),
    "blocks doubled": (double, "seem to be stated 2 times under other numbers; give each run once"),
    "blocks doubled with jitter": (lambda rows: double(rows, jitter=0.0003), "2 times under other numbers, with small"),
    "blocks tripled with jitter": (lambda rows: double(rows, jitter=0.0003, times=3), "with small changes; give each"),
}


@pytest.mark.parametrize("attack", WITHOUT)
def test_a_bent_table_without_a_document_is_refused(genuine: Rows, attack: str) -> None:
    change, sentence = WITHOUT[attack]
    rows = copy.deepcopy(genuine)
    change(rows)
    with pytest.raises(SpecError) as caught:
        judged(rows)
    assert sentence in str(caught.value)


def exchange_best_and_across(rows: Rows) -> None:
    relabel(rows, {"best": "inside", "inside": "best", "outside": "best"})


def exchange_map_and_zoom(rows: Rows) -> None:
    for row in rows:
        row["phase"] = {"map": "zoom", "zoom": "map"}.get(row["phase"], row["phase"])


def leave_out_the_worst_of_the_map(rows: Rows) -> None:
    worst = sorted((row for row in rows if row["phase"] == "map"), key=lambda row: row["value"])[:3]
    rows[:] = [row for row in rows if row not in worst]


def move_the_claims_replicates_to_the_zoom(rows: Rows) -> None:
    for row in rows:
        if row["phase"] == "map" and row["arm"] == "claim":
            row["phase"] = "zoom"


def exchange_blocks_of_the_best(rows: Rows) -> None:
    first, second = [row for row in rows if row["arm"] == "best"][:2]
    first["block"], second["block"] = second["block"], first["block"]


def call_some_of_the_map_a_search(rows: Rows) -> None:
    for row in [row for row in rows if row["phase"] == "map"][:4]:
        row["phase"] = "search"


WITH: dict[str, Callable[[Rows], None]] = {
    "best and the arm across exchanged": exchange_best_and_across,
    "chosen rows of the map": leave_out_the_worst_of_the_map,
    "runs of two blocks exchanged": exchange_blocks_of_the_best,
    "rows of the map called a search": call_some_of_the_map_a_search,
}


@pytest.mark.parametrize("attack", WITH)
def test_a_bent_table_with_its_document_is_refused(genuine: Rows, spec: StudySpec, attack: str) -> None:
    rows = copy.deepcopy(genuine)
    WITH[attack](rows)
    with pytest.raises(SpecError):
        judged(rows, spec)


UNDECIDED: dict[str, Callable[[Rows], None]] = {
    "map and zoom exchanged": exchange_map_and_zoom,
    "the claim's replicates elsewhere": move_the_claims_replicates_to_the_zoom,
    "blocks doubled with large jitter": lambda rows: double(rows, jitter=0.02),
}


@pytest.mark.parametrize("attack", UNDECIDED)
def test_a_table_whose_phases_have_other_sizes_than_planned_decides_nothing(
    genuine: Rows, spec: StudySpec, attack: str
) -> None:
    rows = copy.deepcopy(genuine)
    UNDECIDED[attack](rows)
    (sweep,) = judged(rows, spec).sweeps
    assert (sweep.outcome, sweep.reasons[0].code) == (Outcome.INCONCLUSIVE, "data")


def test_another_document_of_the_same_claim_is_refused(genuine: Rows, spec: StudySpec) -> None:
    other = parse({**spec.model_dump(mode="json"), "seed": 12})
    with pytest.raises(SpecError, match="was planned at"):
        judged(genuine, other)


def test_the_genuine_table_is_decided_and_says_what_it_takes_on_trust(genuine: Rows, spec: StudySpec) -> None:
    own, alone, thrice = judged(genuine, spec), judged(genuine), judged(genuine, looks=3)
    assert {own.outcome, alone.outcome, thrice.outcome} == {Outcome.REFUTED}
    assert "taken on trust" in own.sentence
    assert "analysed once in all" in alone.sentence
    assert "analysed 3 times in all" in thrice.sentence


def test_a_plan_that_cannot_be_replayed_is_said(genuine: Rows, spec: StudySpec) -> None:
    rows = [{name: value for name, value in row.items() if name != "trial"} for row in genuine]
    assert "The document's plan was not replayed, since not every row states trial" in judged(rows, spec).sentence


def test_runs_that_are_missing_are_counted_in_the_sentence(genuine: Rows, spec: StudySpec) -> None:
    """Fewer than any verdict minds; they may have been chosen."""
    last = max(row["block"] for row in paired(genuine))
    rows = [row for row in genuine if not (row["block"] == last and row["arm"] in ("best", "claim"))]
    assert len(genuine) - len(rows) == 2
    assert "2 of the runs that the document plans are not in the table." in judged(rows, spec).sentence


@pytest.mark.parametrize("analysis", [4, 5])
def test_a_table_is_judged_under_the_analysis_that_is_asked_for_and_says_so(
    genuine: Rows, spec: StudySpec, analysis: int
) -> None:
    assert judged(genuine, analysis=analysis).analysis_version == analysis
    assert judged(genuine, spec, analysis=analysis).analysis_version == analysis


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"analysis": 3}, "analysis"),
        ({"analysis": "5"}, "analysis"),
        ({"analysis": 4, "claim": {"margin_points": 1.0}}, "claim.margin_points"),
        ({"analysis": 4, "claim": {"decoys": []}}, "claim.decoys"),
        ({"reviewed_by": "somebody"}, "reviewed_by"),
    ],
)
def test_what_the_analysis_does_not_know_is_refused(genuine: Rows, options: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError) as caught:
        table_of({**options, "rows": genuine[:3]})
    assert [problem.field for problem in caught.value.problems] == [field]


def test_the_terms_of_analysis_5_may_be_named_for_it(genuine: Rows) -> None:
    table = table_of({"analysis": 5, "claim": {"margin_points": 1.0}, "rows": genuine[:3]})
    assert table.stated_claim.margin_points == 1.0
    assert table_of({"analysis": 5, "rows": genuine[:3]}).stated_claim.margin_floor == 0.05
    assert table_of({"analysis": 4, "rows": genuine[:3]}).stated_claim.margin_floor is None
