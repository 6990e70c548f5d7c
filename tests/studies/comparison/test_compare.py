"""A whole comparison, its sentences and its widths."""

from __future__ import annotations

import pytest
from measured_arms import arm, asked, joined, runs_of

from studies.comparison.compare import compared

FAST, SLOW = [0.7, 0.8, 0.75, 0.9, 0.72, 0.81], [1.1, 1.3, 1.2, 1.25, 1.15, 1.3]


def test_the_rows_of_all_contexts_and_losses() -> None:
    plan = asked(arm("sgd"), arm("dlr"), widths=(45, 100), losses=("sse", "golden"))
    runs = {
        f"{loss}@h-{width}-{name}": runs_of(FAST if name == "dlr" else SLOW)
        for loss in ("sse", "golden")
        for width in (45, 100)
        for name in ("sgd", "dlr")
    }
    found = compared(plan, runs)
    assert [(row.context, row.loss, row.arm) for row in found.rows[:4]] == [
        ("h-45", "sse", "sgd"),
        ("h-45", "sse", "dlr"),
        ("h-45", "golden", "sgd"),
        ("h-45", "golden", "dlr"),
    ]
    assert [(row.field, row.at) for row in found.rows[::4]] == [("width", 45.0), ("width", 100.0)]
    assert len(found.widths) == 4 and found.measured
    assert len(found.sentences) == 4
    assert found.sentences[0].startswith(
        "h-45, squared error: by epochs to target accuracy, better than SGD is DLR, tuned (−0.43"
    )
    with pytest.raises(KeyError):
        compared(plan, {})


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([SLOW], "by epochs to target accuracy, the other does not differ from SGD beyond chance (Holm, 5 %)."),
        ([SLOW, SLOW], "by epochs to target accuracy, none of 2 differs from SGD beyond chance (Holm, 5 %)."),
        ([[]], "no arm has two runs on the baseline's seeds yet."),
    ],
)
def test_what_is_said_without_a_difference(times: list[list[float]], said: str) -> None:
    others = [arm(f"arm-{i}") for i in range(len(times))]
    plan = asked(arm("sgd"), *others)
    runs = {"sse@digits-sgd": runs_of(SLOW), **{f"sse@digits-arm-{i}": runs_of(t) for i, t in enumerate(times)}}
    assert compared(plan, runs).sentences == (said,)


def test_better_worse_and_what_cannot_be_told() -> None:
    plan = asked(arm("sgd"), arm("dlr"), arm("adam"), arm("plainer", "plain"))
    runs = {
        "sse@digits-sgd": runs_of(SLOW),
        "sse@digits-dlr": runs_of(FAST),
        "sse@digits-adam": runs_of([v + 2.0 + 0.1 * i for i, v in enumerate(SLOW)]),
        "sse@digits-plainer": runs_of([v + (-1) ** i * 0.2 for i, v in enumerate(SLOW)], how="plain"),
    }
    (said,) = compared(plan, runs).sentences
    assert "better than SGD is DLR, tuned (−" in said
    assert "; worse is ADAM, tuned (+" in said
    assert said.endswith("; 1 other cannot be told from it (Holm, 5 %).")


def test_an_arm_that_mostly_never_arrives_is_worse_by_its_share_of_pairs() -> None:
    plan = asked(arm("sgd"), arm("adam"))
    runs = {"sse@digits-sgd": runs_of(SLOW), "sse@digits-adam": runs_of([None] * 6)}
    (said,) = compared(plan, runs).sentences
    assert said == "by epochs to target accuracy, worse than SGD is ADAM, tuned (in 0 % of the pairs) (Holm, 5 %)."


def test_a_baseline_of_two_rows_is_said_to_be_met_in_kind() -> None:
    plan = asked(arm("sgd", "published", "tuned"), arm("dlr"))
    sgd = joined(runs_of(SLOW, how="published"), runs_of(SLOW))
    (said,) = compared(plan, {"sse@digits-sgd": sgd, "sse@digits-dlr": runs_of(FAST)}).sentences
    assert said.endswith("(Holm, 5 %; each against SGD measured alike).")
