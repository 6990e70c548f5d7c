"""Nothing odd refuses a whole study, and nothing that confirms is left out quietly."""

from __future__ import annotations

import re

import pytest
from tracker_tables import csv_of, rows

from studies.errors import SpecError
from studies.external.brief import document_of
from studies.foreign.asked import ReadTable, asked_of
from studies.foreign.csv_text import read_csv
from studies.foreign.judgement import answer_to
from studies.foreign.same_rows import ALIKE
from studies.language.spec import parse


def read(content: bytes | str, **options: object) -> ReadTable:
    return read_csv(content.encode() if isinstance(content, str) else content, *asked_of(options))


def with_odd(*lines: str, header: str = "lr,momentum,val_acc", good: int = 8) -> str:
    return "\n".join((header, *(f"{lr},{m},{value}" for lr, m, value in rows(good)), *lines))


ODD = {
    "0.1,,0.9": "without momentum",
    "0.1,none,0.9": "without momentum",
    "0.1,sgd,0.9": "whose momentum is no number",
    "0.1,1.0,0.9": "whose momentum is out of range",
    "-0.1,0.5,0.9": "whose lr is out of range",
    "0.1,inf,0.9": "whose momentum is no number",
    "0.1,0.5,": "without a value",
    "0.1,0.5,OOM": "whose val_acc is no number",
    "0.1,0.5,inf": "whose val_acc is infinite",
    "0.1,0.5,97": "whose val_acc is out of range",
    "0.1,0.5": "with another number of cells than the header",
}


@pytest.mark.parametrize("line", ODD)
def test_one_odd_row_is_left_out_and_counted(line: str) -> None:
    found = read(with_odd(line), measure="val_acc")
    assert (len(found.table.rows), found.left_out) == (8, {ODD[line]: 1})
    assert f"1 {ODD[line]}" in " ".join(answer_to(found).notes)


@pytest.mark.parametrize("line", ODD)
def test_six_rows_must_remain(line: str) -> None:
    assert len(read(with_odd(line, good=6), measure="val_acc").table.rows) == 6
    with pytest.raises(SpecError, match="line 7"):
        read(with_odd(line, good=5), measure="val_acc")


@pytest.mark.parametrize(("measure", "worst"), [("val_acc:max", "-inf"), ("val_loss:min", "inf")])
def test_a_value_that_is_infinite_on_the_worse_side_diverged(measure: str, worst: str) -> None:
    name = measure.partition(":")[0]
    found = read(with_odd(f"0.1,0.5,{worst}", header=f"lr,momentum,{name}"), measure=measure)
    assert [row.diverged for row in found.table.rows] == [False] * 8 + [True]
    assert f"1 run with an infinite {name} counts as diverged." in found.notes


def test_one_switch_counts_missing_values_as_diverged() -> None:
    found = read(with_odd("0.1,0.5,nan", "0.2,0.5,"), measure="val_acc", failed_as_diverged=True)
    assert (sum(row.diverged for row in found.table.rows), found.left_out) == (2, {})


def test_a_column_in_another_unit_is_not_odd_rows() -> None:
    with pytest.raises(SpecError, match="divide percentages by 100"):
        read(with_odd("0.1,0.5,97", "0.2,0.5,98", "0.3,0.5,96", header="lr,momentum,accuracy"))


def test_rows_that_state_a_phase_are_sound_or_refused() -> None:
    header = "lr,momentum,val_acc,phase,arm,block"
    table = csv_of(header, lambda i, row: (*row, "map", "point", 0), 8).decode()
    assert len(read(table, measure="val_acc").table.rows) == 8
    for odd in ("0.1,0.5,,map,point,0", "0.1,0.5,-inf,map,point,0", "0.1,,0.9,map,point,0"):
        with pytest.raises(SpecError, match="line 10"):
            read(f"{table}\n{odd}", measure="val_acc")


def test_states_are_left_out_by_name_and_failed_runs_may_count() -> None:
    header = "lr,momentum,val_acc,state"
    lines = [f"{lr},{m},{v},finished" for lr, m, v in rows(8)]
    lines += ["0.1,0.5,,crashed", "0.1,0.6,0.5,killed", "0.1,0.7,0.5,running", "0.1,,,crashed"]
    found = read("\n".join((header, *lines)), measure="val_acc")
    assert answer_to(found).left_out == {"FAIL": 2, "KILLED": 1, "RUNNING": 1}
    counted = answer_to(read("\n".join((header, *lines)), measure="val_acc", failed_as_diverged=True))
    assert (counted.left_out, counted.sweeps[0].runs) == ({"FAIL": 1, "KILLED": 1, "RUNNING": 1}, 9)


def test_copies_are_left_out_of_counts_and_of_sigma() -> None:
    once = csv_of("eta,alpha,accuracy", lambda i, row: row, 20).decode()
    lines = once.split("\n")
    doubled = answer_to(read("\n".join((*lines, *lines[1:]))))
    renumbered = answer_to(read("\n".join((f"run,{lines[0]}", *(f"{i},{x}" for i, x in enumerate(2 * lines[1:]))))))
    single = answer_to(read(once))
    for found, reason in ((doubled, "exact copies"), (renumbered, ALIKE)):
        assert (found.left_out, found.sweeps[0].sigma, found.sweeps[0].runs) == ({reason: 20}, None, 20)
        assert found.sweeps[0].eta == single.sweeps[0].eta
        assert any("copies" in note for note in found.notes)


def test_epochs_are_no_replicates() -> None:
    lines = ["eta,alpha,epoch,accuracy"]
    lines += [f"{lr},{m},{e},{round(v * e / 5, 4)}" for lr, m, v in rows(20) for e in range(1, 6)]
    found = answer_to(read("\n".join(lines)))
    assert (found.sweeps[0].runs, found.sweeps[0].sigma, found.left_out) == (20, None, {"earlier epochs of a run": 80})
    assert any("by epoch: the last one of each run counts" in note for note in found.notes)


def test_seeds_pair_runs_as_repeats_do() -> None:
    by_seed = ["lr,momentum,val_acc,seed"]
    by_repeat = ["lr,momentum,val_acc,repeat"]
    for i in range(5):
        for lr, value in ((0.1, 0.9), (0.2, 0.8)):
            by_seed.append(f"{lr},0.9,{value + i / 100},{20240101 + 7 * i}")
            by_repeat.append(f"{lr},0.9,{value + i / 100},{i}")
    asked = {"measure": "val_acc", "claim": "lr=0.1,momentum=0.9"}
    seeds, repeats = (
        answer_to(read("\n".join(lines), **asked)).sweeps[0].comparisons for lines in (by_seed, by_repeat)
    )
    assert seeds == repeats
    assert [comparison.pairs for comparison in seeds] == [5]


def test_more_rows_than_can_be_judged_are_thinned_and_the_claim_stays() -> None:
    lines = ["lr,momentum,val_acc", "0.1,0.9,0.95", *(f"{lr},{m},{v}" for lr, m, v in rows(900))]
    found = read("\n".join(lines), measure="val_acc", claim="lr=0.1,momentum=0.9")
    points = {(row.eta, row.alpha) for row in found.table.rows}
    assert (len(points), (0.1, 0.9) in points) == (600, True)
    assert found.left_out["rows beyond the limit, thinned out"] > 0


def test_a_large_map_of_our_own_is_thinned_and_its_confirmation_stays() -> None:
    header = "eta,alpha,accuracy,phase,arm,block"
    lines = [f"{lr},{m},{v},map,point,0" for lr, m, v in rows(900)]
    arms = (("claim", "0.0159,0.874"), ("best", "0.02,0.9"))
    lines += [f"{at},{0.9 + b / 100 + (arm == 'best') / 50},confirm,{arm},{b}" for b in range(1, 9) for arm, at in arms]
    found = read("\n".join((header, *lines)))
    assert sum(row.phase == "confirm" for row in found.table.rows) == 16
    assert len({(row.eta, row.alpha) for row in found.table.rows}) <= 600


@pytest.mark.parametrize(
    ("points", "codes"),
    [(None, ["incomplete", "adaptive"]), ("fixed", ["incomplete"]), ("adaptive", ["incomplete", "adaptive"])],
)
def test_only_points_that_are_known_to_be_fixed_have_a_region(points: str | None, codes: list[str]) -> None:
    options = {"points": points} if points else {}
    sweep = answer_to(read(csv_of("eta,alpha,accuracy", lambda i, row: row), **options)).sweeps[0]
    assert [reason.code for reason in sweep.reasons] == codes
    assert "sampler" not in sweep.sentence
    assert ("add --points fixed" in sweep.sentence) == (points is None)


def test_a_full_grid_needs_no_word() -> None:
    table = "eta,alpha,accuracy\n" + "".join(
        f"{eta},{alpha},{0.9 - abs(eta - 0.02) - alpha / 50}\n" for eta in (0.01, 0.02, 0.04) for alpha in (0, 0.5, 0.9)
    )
    found = answer_to(read(table))
    assert [reason.code for reason in found.sweeps[0].reasons] == ["incomplete"]
    assert any(note.startswith("The points are a full grid") for note in found.notes)
    assert "adaptive" in [reason.code for reason in answer_to(read(table + "0.03,0.5,0.9\n")).sweeps[0].reasons]


def test_notes_say_what_was_read_as_what() -> None:
    found = read("params_lr;params_momentum;f1;seed\n0,1;0,5;0,9;3", measure="f1")
    assert found.notes == (
        "Read params_lr as η, params_momentum as α, seed as repeat.",
        "f1 is judged by the rule for accuracy, larger values are better.",
        "Commas in numbers are decimal commas.",
    )


def test_a_measure_that_was_named_beside_a_claim_is_the_claims() -> None:
    content = csv_of("lr,momentum,val_loss", lambda i, row: (*row[:2], 1.0 - row[2]))
    found = answer_to(read(content, measure="val_loss", claim="lr=0.1,momentum=0.9"))
    assert (found.objective, found.claimed) == ("own_loss", True)
    assert not any("No claim is named" in note or "Exploratory" in note for note in found.notes)


def test_a_written_nan_is_a_run_that_diverged_and_an_empty_cell_is_none() -> None:
    found = read(with_odd("0.1,0.5,nan") + "\n0.2,0.5,", measure="val_acc")
    assert (len(found.table.rows), found.left_out) == (9, {"without a value": 1})
    assert [(row.diverged, row.cause) for row in found.table.rows if row.value is None] == [(True, "diverged")]
    assert "1 run with nan as val_acc counts as diverged." in found.notes


def test_old_runs_lead_to_the_command_that_plans_fresh_ones() -> None:
    stated = {"claim": "lr=0.01,momentum=0.9", "measure": "val_acc:share:1000"}
    step = read(with_odd(), **stated).notes[-1]
    assert "into a file that is not there yet: golden next done.csv --claim lr=0.01,momentum=0.9 --space lr=" in step
    assert step.endswith("--measure val_acc:maximize:share:1000")
    words = dict(zip(("claim", "space", "measure"), re.findall(r"--\w+ (\S+)", step), strict=True))
    assert parse(document_of(**words)).claim.heading == "lr = 0.01, momentum = 0.9"
    assert "golden next" not in " ".join(read(with_odd(), measure="val_acc").notes), "no claim is named"


def test_a_claim_without_a_measure_says_that_the_measure_is_missing() -> None:
    with pytest.raises(SpecError, match=r"measure.*is missing: .*such as --measure val_acc; columns.*are val_acc$"):
        read(with_odd(), claim="lr=0.01,momentum=0.9")
