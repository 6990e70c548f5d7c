"""Every objective against every direction, by both roads: nothing is inverted without a word."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from tracker_tables import csv_of, rows

from studies.errors import SpecError
from studies.foreign.asked import asked_of
from studies.foreign.csv_text import read_csv
from studies.foreign.judgement import JudgedTable, answer_to
from studies.foreign.measures import MAXIMISED
from studies.foreign.optuna_table import study_table
from studies.language.claim import OBJECTIVES
from studies.storage.foreign import read_optuna

DIRECTIONS = ("maximize", "minimize")


def by_table(**asked: str) -> JudgedTable:
    return answer_to(read_csv(csv_of("lr,momentum,value", lambda i, row: row), *asked_of(asked)))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same rows as a study that maximises and as one that minimises."""
    url = f"sqlite:///{tmp_path_factory.mktemp('six')}/o.db"
    log = optuna.distributions.FloatDistribution(1e-4, 1.0, log=True)
    share = optuna.distributions.FloatDistribution(0.0, 0.99)
    for direction in DIRECTIONS:
        study = optuna.create_study(storage=url, study_name=direction, direction=direction)
        for lr, momentum, value in rows():
            params, ranges = {"lr": lr, "momentum": momentum}, {"lr": log, "momentum": share}
            study.add_trial(optuna.trial.create_trial(params=params, distributions=ranges, value=value))
    return url


def by_study(url: str, direction: str, **asked: str) -> JudgedTable:
    return answer_to(study_table(direction, read_optuna(url, direction), *asked_of(asked)))


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("objective", [*OBJECTIVES, None])
def test_objective_and_direction_agree_or_are_refused(url: str, objective: str | None, direction: str) -> None:
    stated = {"objective": objective} if objective else {}
    if objective is None or (objective in MAXIMISED) == (direction == "maximize"):
        study, table = by_study(url, direction, **stated), by_table(measure=f"value:{direction}", **stated)
        assert study.objective == table.objective == (objective or study.objective)
        assert (study.objective in MAXIMISED) == (direction == "maximize")
        assert study.sweeps[0].eta == table.sweeps[0].eta
    else:
        with pytest.raises(SpecError, match=r"objective: the study m..imises, and .* is m..imised; name "):
            by_study(url, direction, **stated)
        with pytest.raises(SpecError, match=r"objective: value is m..imised, and .* is m..imised; name "):
            by_table(measure=f"value:{direction}", **stated)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("stated", DIRECTIONS)
def test_a_stated_direction_agrees_with_the_studys_or_is_refused(url: str, stated: str, direction: str) -> None:
    if stated == direction:
        assert by_study(url, direction, measure=f"value:{stated}").objective
    else:
        with pytest.raises(SpecError, match=rf"measure: the study m..imises value; write value:{direction} if"):
            by_study(url, direction, measure=f"value:{stated}")


def test_a_usual_name_against_the_studys_direction_is_refused(url: str) -> None:
    with pytest.raises(SpecError, match="the study maximises val_loss; by its name it is usually minimised"):
        by_study(url, "maximize", measure="val_loss")
    assert by_study(url, "minimize", measure="val_loss").objective == "own_loss"
    assert by_study(url, "maximize", measure="val_acc").objective == "accuracy"


def test_a_name_that_says_nothing_needs_a_direction() -> None:
    with pytest.raises(SpecError, match="nothing says whether value is better larger or smaller; write value:max"):
        by_table(measure="value")


def test_a_value_that_nothing_describes_is_taken_as_accuracy_and_said_to_be() -> None:
    found = by_table()
    assert found.objective == "accuracy"
    assert any(note.startswith("value is taken as accuracy, larger is better") for note in found.notes)


def test_a_frame_of_optuna_has_no_direction(tmp_path: Path, url: str) -> None:
    frame = optuna.load_study(study_name="minimize", storage=url).trials_dataframe().to_csv(index=False).encode()
    renamed = frame.replace(b"params_lr", b"eta").replace(b"params_momentum", b"alpha")
    for content in (frame, renamed):
        with pytest.raises(SpecError, match="a frame of Optuna does not say whether it was maximised"):
            read_csv(content, {})
        found = answer_to(read_csv(content, *asked_of({"measure": "value:minimize"})))
        assert found.sweeps[0].eta == by_study(url, "minimize").sweeps[0].eta
