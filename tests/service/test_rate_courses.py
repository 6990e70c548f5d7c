"""Mean courses of an arm: which arm and runs count, and what is written of them."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from compared_study import compared
from raced import RACE, result_of

from service.rate_courses import ArmCourses, arm_context, courses, fit_words, to_csv, to_json, to_toml
from studies.language.spec import StudySpec
from studies.learning.course import Course, CourseError
from studies.records import Replicate
from studies.storage.read_models import RunRow

DLR = """
[[design.arms]]
name = "dlr"
update_rule = "dlr"
at = { eta = 0.5, a = 0.3 }
space = [{ name = "eta", scale = "log", low = 0.1, high = 1.5 }, { name = "a", scale = "log", low = 0.1, high = 1.0 }]

[[design.arms]]
name = "falling"
update_rule = "dlr"
schedule = "cosine"
at = { eta = 0.5 }
space = [{ name = "eta", scale = "log", low = 0.1, high = 1.5 }]
"""
TEXT = (RACE + DLR).replace('name = "adadelta"', 'name = "slow"')
PLANTED = Course(0.5, -2.0, -0.3, 0.2)  # of the share, at every look
TIMES = tuple(np.arange(0.0, 2.01, 0.1).round(2).tolist())


@pytest.fixture(scope="module")
def spec() -> StudySpec:
    return compared(TEXT)


def row(number: int, *, how: str = "tuned", phase: str = "measure", eta: float = 0.5, cause: str = "") -> RunRow:
    """A run of the arm, its share of eta by the planted course, that by use half of it."""
    shares = tuple(PLANTED.at(TIMES).tolist())
    rates = {"last_rate_curve": shares, "last_used_rate_curve": tuple(share / 2 for share in shares)}
    result = replace(result_of(0.9), rate_epochs_curve=TIMES, **rates)
    identity = Replicate(split=0, fold=0, order_seed=0, init_seed=number)
    return RunRow("cross_entropy@digits-dlr", number, 0, phase, how, 0, eta, 0.3, identity, result, cause)


def found(spec: StudySpec, rows: Sequence[RunRow], *, weighted: bool = False) -> ArmCourses:
    return courses(spec, arm_context(spec, None, None), rows, weighted=weighted)


def test_the_arm_that_trains_by_dlr_is_found_by_itself_and_by_name(spec: StudySpec) -> None:
    for context, arm in ((None, None), ("digits", None), (None, "dlr"), ("digits", "dlr")):
        assert arm_context(spec, context, arm).name == "digits-dlr"


@pytest.mark.parametrize(
    ("context", "arm", "said"),
    [
        (None, "sgd", "--arm 'sgd' names none that trains by dlr at a constant eta; choose dlr"),
        (None, "falling", "--arm 'falling' names none that trains by dlr at a constant eta; choose dlr"),
        ("mnist", None, "--context 'mnist' names none that trains by dlr at a constant eta; choose digits"),
    ],
)
def test_another_name_is_refused_with_those_that_fit(
    spec: StudySpec, context: str | None, arm: str | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        arm_context(spec, context, arm)


def test_studies_without_such_an_arm_are_refused() -> None:
    with pytest.raises(ValueError, match="has no arm that trains by dlr at a constant eta; choose another study"):
        arm_context(compared(), None, None)
    plain = compared().model_copy(update={"design": compared('name = "plain"').design})
    with pytest.raises(ValueError, match="compares no arms"):
        arm_context(plain, None, None)


def test_measured_runs_count_each_at_its_own_eta(spec: StudySpec) -> None:
    """Tuning, another way of measuring and runs that failed are left out."""
    others = [row(9, phase="tune", eta=9.0), row(8, how="published", eta=9.0), row(7, eta=9.0, cause="diverged")]
    made = found(spec, [row(0, eta=0.4), row(1, eta=0.6), *others])
    (layer,) = made.layers
    assert (made.arm, made.context, made.how, made.left_out, layer.layer, layer.runs) == (
        *("dlr", "digits", "tuned"),
        *(1, "last", 2),
    )
    np.testing.assert_allclose(layer.rates, 0.5 * PLANTED.at(TIMES), rtol=1e-9)
    np.testing.assert_allclose(found(spec, [row(0)], weighted=True).layers[0].rates, 0.25 * PLANTED.at(TIMES))
    assert found(spec, [others[1]]).how == "published", "where nothing is tuned"


def test_without_measured_runs_or_rates_there_is_no_course(spec: StudySpec) -> None:
    with pytest.raises(ValueError, match="arm dlr of study arms-on-digits has no measured run yet"):
        found(spec, [row(0, phase="tune")])
    bare = row(0)
    with pytest.raises(CourseError, match="no run has recorded mean rates"):
        found(spec, [replace(bare, result=result_of(0.9))])


def test_the_schedule_can_be_pasted_into_an_arm(spec: StudySpec) -> None:
    """It is read, trains, and has the planted rates at eta 1."""
    made = found(spec, [row(0), row(1)])
    pasted = tomllib.loads(to_toml(made))["schedule"]
    assert pasted == made.schedule
    assert (pasted["per_epoch"], len(pasted["last"])) == (10, 20)
    np.testing.assert_allclose(pasted["last"], 0.5 * PLANTED.at((np.arange(20) + 0.5) / 10), rtol=1e-3)
    arm = f'\n[[design.arms]]\nname = "replay"\nupdate_rule = "sgd"\nat = {{ eta = 1.0 }}\n{to_toml(made)}'
    space = 'space = [{ name = "eta", scale = "log", low = 0.25, high = 4.0 }]\n'
    read = compared(TEXT + arm + space)
    assert any(each.arm and each.arm.name == "replay" for each in read.built_in)


def test_csv_and_json_have_every_number(spec: StudySpec) -> None:
    made = found(spec, [row(0), row(1)])
    rows = list(csv.DictReader(io.StringIO(to_csv(made))))
    assert len(rows) == len(TIMES) and {r["layer"] for r in rows} == {"last"}
    for each in rows:
        assert float(each["rate"]) - float(each["fitted"]) == pytest.approx(float(each["residual"]), abs=1e-12)
    answer = json.loads(json.dumps(to_json(made), allow_nan=False))
    assert answer["layers"][0]["course"]["d"] == pytest.approx(0.1, abs=1e-4)
    assert (answer["runs"], answer["how"], answer["weighted"]) == (2, "tuned", False)


def test_a_fit_that_does_not_converge_is_said_and_the_curve_is_there(spec: StudySpec) -> None:
    short = row(0)
    assert short.result is not None
    cut = {name: getattr(short.result, name)[:3] for name in ("rate_epochs_curve", "last_rate_curve")}
    made = found(spec, [replace(short, result=replace(short.result, **cut))])
    assert "5 different times" in fit_words(made.layers[0])
    rows = list(csv.DictReader(io.StringIO(to_csv(made))))
    assert [(r["fitted"], r["residual"]) for r in rows] == [("", "")] * 3
    assert len(tomllib.loads(to_toml(made))["schedule"]["last"]) == 20
    assert to_json(made)["layers"][0]["course"] is None
