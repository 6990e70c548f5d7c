"""Costs: sizes come from the counted phases, work from images, seconds from a rate."""

from __future__ import annotations

from typing import Any

import pytest
from compared_study import COMPARED, compared
from own_trainers import document
from planted_study import make

from studies import golden
from studies.cost import ASSUMED_RATE, PAPER_FLOPS, flops_per_image, paper_images_per_run, preview
from studies.language.context import Context
from studies.language.spec import parse
from studies.plan.procedure import expected_runs
from studies.speed import Speed, kind_of

SEARCH = {"kind": "search", "trials": 10, "replicates": 3, "claim_replicates": 4, "confirm_blocks": 2, "mates": [0.0]}
CROSS = {
    "kind": "cross_validation",
    "repeats": 2,
    "points": [{"eta": golden.ETA, "alpha": golden.ALPHA}, {"eta": 0.1, "alpha": 0.5, "loss": "sse"}],
}


def test_the_papers_set_up_is_the_unit_of_work() -> None:
    assert flops_per_image(Context()) == pytest.approx(PAPER_FLOPS, rel=1e-3)
    spec = make(contexts=[{"name": "paper", "epochs": 30}], replication={"folds": 10})
    assert paper_images_per_run(spec, spec.contexts[0]) == pytest.approx(10_000 * 0.9 * 30, rel=1e-3)


@pytest.mark.parametrize(("network", "flops"), [("softmax", 4 * 64 * 10), ("mlp", 4 * 64 * 64 + 6 * 64 * 10)])
def test_smaller_networks_cost_less(network: str, flops: float) -> None:
    assert flops_per_image(Context.model_validate({"dataset": "digits", "network": network})) == flops


@pytest.mark.parametrize(
    ("design", "trials", "by_phase"),
    [
        (None, 2 * 126, {"map": 2 * 48, "zoom": 2 * 24, "confirm": 2 * 36, "controls": 2 * 18}),
        (SEARCH, 2 * (12 + 6), {"search": 2 * 36, "confirm": 2 * 4, "controls": 2 * 2}),
        (CROSS, 2 * (1 + 2), {"cv": 2 * (1 + 2) * 3}),
    ],
    ids=["locate", "search", "cross-validation"],
)
def test_a_preview_adds_up_the_phases_of_all_sweeps(
    design: dict[str, Any] | None, trials: int, by_phase: dict[str, int]
) -> None:
    spec = make() if design is None else make(design=design)
    found = preview(spec, None)
    assert (found.sweeps, found.trials, found.runs_by_phase) == (2, trials, by_phase)
    assert list(found.runs_by_phase) == list(by_phase), "in the order of the phases"
    assert found.runs == sum(by_phase.values()) == expected_runs(spec)
    assert found.images == pytest.approx(found.runs * 1797 * 2 / 3 * 2)
    assert found.at_most == (design is None), "a sequential confirmation may end early"


def test_without_a_measured_rate_one_is_assumed() -> None:
    assumed, measured = preview(make(), None), preview(make(), 500.0)
    assert (assumed.rate_measured, assumed.images_per_second) == (False, ASSUMED_RATE)
    assert (measured.rate_measured, measured.images_per_second) == (True, 500.0)
    assert measured.seconds == pytest.approx(measured.paper_images / 500.0)


def test_only_a_locate_design_that_may_widen_has_runs_for_it() -> None:
    assert preview(make(), None).runs_if_widened > 0
    assert preview(make(design=SEARCH), None).runs_if_widened == 0
    still = {**make().design.model_dump(mode="json"), "widen": False}
    assert preview(make(design=still), None).runs_if_widened == 0


def test_external_trainings_are_counted_and_their_time_is_not_known() -> None:
    mine = {"trainer": "external", "name": "mine", "test_size": 100}
    both = parse({"name": "x", "schema_version": 3, "contexts": [{"name": "ours"}, mine]})
    alone = parse({"name": "x", "schema_version": 3, "contexts": [{"name": "ours"}]})
    mixed, ours = preview(both, None), preview(alone, None)
    assert (mixed.runs, mixed.external_runs) == (2 * ours.runs, ours.runs)
    assert (mixed.seconds, mixed.images) == (ours.seconds, ours.images)
    assert (preview(parse(document()), None).seconds, ours.external_runs) == (0.0, 0)


def test_operations_follow_the_width() -> None:
    widths = [flops_per_image(Context.model_validate({"network": {"name": "mlp", "width": w}})) for w in (64, 128)]
    assert widths[1] == 2 * widths[0]


def test_tuning_trains_on_less_of_a_training_part_of_its_own_where_it_holds_images_out() -> None:
    """350 images of MNIST: 300 of its training part, of which 60 are held out by 5 folds, and 50 of its test part."""
    text = COMPARED.replace('dataset = "digits"\nimages = 400', 'dataset = "mnist"\nimages = 350\nsplit = "official"')
    text = text.replace("[design]", "drop_last = false\n\n[replication]\nfolds = 5\n\n[design]")
    held_out, tested = compared(text), compared(text.replace("space = [{", 'selection = "test"\nspace = [{'))
    measured, tuned, epochs = 8 * 3, 4 * 4, 2
    assert preview(held_out, None).images == pytest.approx(epochs * (measured * 300 + tuned * 240))
    folds = compared(text.replace('split = "official"\n', ""))
    assert preview(folds, None).images == pytest.approx(epochs * (measured + tuned) * 280)
    of_test = preview(tested, None).images - preview(held_out, None).images
    assert of_test == pytest.approx(epochs * 2 * 4 * 60), "two of the arms are tuned on the test images"
    speed = Speed(train_image=1.0, step=0.0, test_image=1000.0, epoch=0.0)
    speeds = [{kind_of(context): speed for context in held_out.built_in}]
    images = epochs * (measured * (300 + 50_000) + tuned * (240 + 60_000))
    assert preview(held_out, None, speeds).seconds == pytest.approx(images)
