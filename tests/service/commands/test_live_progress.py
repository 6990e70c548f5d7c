"""Progress beside a training: what it shows, and that it disturbs nothing."""

from __future__ import annotations

import io

import pytest
from own_trainers import submit, work_off
from rich.console import Console

from service.commands.live_progress import LiveProgress
from studies.errors import StorageUnavailableError
from studies.storage import overview
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail


@pytest.mark.parametrize("terminal", [True, False])
def test_the_last_state_is_shown_at_the_end(database: Database, terminal: bool) -> None:
    submit(database)
    text = io.StringIO()
    with LiveProgress(lambda: overview.get(database, "own"), Console(file=text, force_terminal=terminal, width=100)):
        work_off(database)
    last = text.getvalue().strip().splitlines()[-1] if not terminal else text.getvalue()
    done = overview.get(database, "own").summary.runs_done
    assert f"{done}/{done}" in last
    assert "complete" in last


def test_a_database_that_is_away_ends_no_training() -> None:
    def look() -> StudyDetail:
        raise StorageUnavailableError("nobody answers")

    text = io.StringIO()
    with LiveProgress(look, Console(file=text)):
        pass
    assert text.getvalue() == ""


def test_an_error_inside_is_passed_on_and_nothing_more_is_shown() -> None:
    looks = []

    def look() -> StudyDetail:
        looks.append(1)
        raise StorageUnavailableError("nobody answers")

    with pytest.raises(ValueError, match="inside"), LiveProgress(look, Console(file=io.StringIO())):
        raise ValueError("inside")
    assert len(looks) <= 1
