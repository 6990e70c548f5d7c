"""Learning curves as small panels."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from studies.figures.arm_curve_panels import CurveLine, curve_lines, curve_panels
from studies.figures.arm_curves import RowCurves, arm_curves_figure, arm_curves_info, measured_by, shown_by

ROWS = [
    RowCurves("sgd", "SGD", "published", ((0.5, 0.7), (0.6, 0.72))),
    RowCurves("sgd", "SGD", "tuned", ((0.6, 0.8, 0.9), (0.7, 0.82, 0.91))),
    RowCurves("dlr", "a <b>rule</b> of a very long name", "tuned", ((0.7, 0.9), (0.75, None, 0.95))),
]


def classed(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [each for each in root.iter() if name in each.get("class", "").split()]


def test_a_panel_an_arm_with_bands_and_the_baseline_behind_the_others() -> None:
    first, second = map(ElementTree.fromstring, curve_panels(arm_curves_info(ROWS), "sgd"))
    assert (len(classed(first, "spread")), len(classed(first, "dashed")), len(classed(first, "lead"))) == (2, 1, 0)
    assert (len(classed(second, "spread")), len(classed(second, "lead"))) == (1, 1)
    assert classed(second, "name")[0].text == "a <b>rule</b> of a very…"
    assert first.get("aria-label") == (
        "Test accuracy by epoch, SGD. as published: 55.0 % after epoch 1, 71.0 % after epoch 3, 2 runs;"
        " tuned: 65.0 % after epoch 1, 90.5 % after epoch 3, 2 runs."
    )


def test_the_same_as_a_table() -> None:
    lines = curve_lines(arm_curves_info(ROWS))
    assert [line.name for line in lines] == ["SGD, as published", "SGD, tuned", f"{ROWS[2].title}, tuned"]
    assert lines[1] == CurveLine("SGD, tuned", 2, 3, "65.0 %", "90.5 %", "84.1 % to 96.9 %")
    (alone,) = curve_lines(arm_curves_info([RowCurves("sgd", "SGD", "plain", ((2.0, 1.5),))], "loss"))
    assert (alone.name, alone.first, alone.last, alone.span) == ("SGD", "2.00", "1.50", "")


def test_one_epoch_is_no_curve() -> None:
    assert curve_panels(arm_curves_info([RowCurves("sgd", "SGD", "tuned", ((0.5,), (0.6,)))]), "sgd") == ()
    assert curve_panels(arm_curves_info([]), "sgd") == ()


@pytest.mark.parametrize(
    ("objective", "measured", "label"),
    [
        ("loss_area", "loss", "training loss"),
        ("cross_entropy", "cross_entropy", "test cross-entropy"),
        ("epochs_to_target", "accuracy", "test accuracy"),
    ],
)
def test_curves_show_what_the_objective_is_about(objective: str, measured: str, label: str) -> None:
    assert measured_by(objective) == measured
    assert shown_by(objective) == (measured, "accuracy" if measured == "loss" else "loss")
    info = arm_curves_info([RowCurves("sgd", "SGD", "tuned", ((2.0, 1.5), (2.2, 1.6)))], measured)
    assert info.label == label and arm_curves_figure(info).layout.yaxis.title.text == label
    assert (info.curves[0].high[0] > 1.5) == (measured != "accuracy"), "a share ends at 1"
