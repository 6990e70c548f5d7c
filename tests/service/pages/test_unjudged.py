"""What a page says of a study that has no verdict: how far it is, what stopped it, what comes next, what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from made_up_studies import phase, study, sweep
from one_study import STUDY

from service.pages.unjudged import Standing, standing
from studies import golden
from studies.language.spec import StudySpec, parse
from studies.records import StudyState
from studies.speed import Speed
from studies.storage.read_models import StudyDetail, WorkerRow

NOW = datetime(2026, 11, 27, tzinfo=UTC)
SPEC = parse({"name": "small", "contexts": [{"name": "a", "dataset": "digits"}]})
FIXED = parse({"name": "small", "schema_version": 2, "contexts": [{"name": "a", "dataset": "digits"}]})
WORKER = WorkerRow(
    name="w",
    host="h",
    pid=1,
    device="cpu",
    version="1",
    state="training",
    alive=True,
    started_at=NOW,
    last_seen_at=NOW,
    study=None,
    lanes=0,
    stack_limit=8,
    runs_done=0,
    trainings_per_second=None,
    memory_bytes=None,
    images_per_second=None,
    speeds={"fig3 1x8x8": Speed(1e-5, 0.0, 0.0, 0.0)},
)


def found(detail: StudyDetail, *alive: WorkerRow, decided: bool = False) -> Standing:
    told = standing(detail, alive, decided=decided)
    assert told is not None
    return told


def half(spec: StudySpec = SPEC, **summary: object) -> StudyDetail:
    return study(
        sweep("golden@a", phase("map", 120, 60)), spec=spec, **{"runs_expected": 1948, "runs_done": 60} | summary
    )


def test_a_running_study_says_how_far_it_is_how_long_it_takes_and_when_it_is_looked_at_next() -> None:
    told = found(half(trials_running=8), WORKER)
    images = 1888 * 30 * (1617 // 128) * 128
    assert (
        told.main
        == f"60 of at most 1,948 runs are done, at most about {images * 1e-5 / 60:.0f} min left on the present workers."
    )
    assert told.more == ("The next look at the data comes after the map.",)
    fixed = found(half(FIXED, trials_running=8), WORKER)
    assert fixed.main.startswith("60 of 1,948 runs are done, about ")


def test_a_worker_that_has_measured_nothing_gives_a_time_that_says_so() -> None:
    told = found(half(trials_running=1), replace(WORKER, speeds={}))
    assert told.main.endswith(" left at a rate that no worker has measured yet.")


def test_without_a_worker_there_is_no_time_and_a_way_to_start_one() -> None:
    told = found(half())
    assert told.main == "60 of at most 1,948 runs are done."
    assert told.more[-1] == "No worker is alive, so nothing is trained: start one with `golden worker`."


def test_a_queued_study_says_what_it_waits_for() -> None:
    detail = half(state=StudyState.QUEUED, runs_done=0, note="no worker has the data set mnist")
    told = found(detail, WORKER)
    assert told.main.startswith("None of at most 1,948 runs is done, ")
    assert told.more[0] == "No worker has the data set mnist."
    assert told.more[-1] == "It waits for the worker that is alive."
    assert found(detail, WORKER, WORKER).more[-1] == "It waits for one of the workers that are alive."


def test_a_study_that_a_program_of_the_users_trains_waits_for_that() -> None:
    spec = parse(STUDY)
    told = found(half(spec), WORKER)
    assert "left" not in told.main, "how long it trains is not known"
    assert told.more[-1] == "It waits for a program of yours: start it with `golden run`."
    assert "program" not in " ".join(found(half(spec, trials_running=1)).more)


@pytest.mark.parametrize(
    ("present", "said"),
    [
        ("widen", "The next look at the data comes after the widened part of the map."),
        ("zoom", "The next look at the data comes after the zoom."),
        ("confirm", "The next look at the data comes after the present blocks of pairs."),
        ("search", "The claim is compared with what the search finds once that has ended."),
    ],
)
def test_the_next_look_follows_from_the_earliest_phase_that_is_trained(present: str, said: str) -> None:
    sweeps = (
        sweep("golden@a", phase("map", 60, 60), phase(present, 20), done=("map",)),
        sweep("sse@a", phase("map", 60, 60), phase("controls", 20), done=("map", "controls")),
    )
    assert said in found(study(*sweeps, spec=SPEC, runs_done=120), WORKER).more


def test_a_paused_study_waits_for_somebody() -> None:
    told = found(half(state=StudyState.PAUSED), WORKER)
    assert told == Standing("60 of at most 1,948 runs are done. Nothing more begins until somebody resumes it.", ())


def test_a_failed_study_says_its_cause_first() -> None:
    note = "6 of 28 trials failed; the latest: raised: CUDA error"
    told = found(half(state=StudyState.FAILED, note=note))
    assert told == Standing(f"{note}.", ("60 of 1,948 runs are done.",))
    assert found(half(state=StudyState.FAILED)).main == "Too many of its trials failed."


def test_a_cancelled_study_tells_only_a_verdict_that_decides() -> None:
    detail = half(state=StudyState.CANCELLED)
    assert found(detail).main == "60 of 1,948 runs are done: too few to decide."
    assert standing(detail, (), decided=True) is None
    empty = half(state=StudyState.CANCELLED, runs_done=0)
    assert found(empty, decided=True).main == "It was cancelled before any run was done: there is nothing to judge."


def test_a_complete_study_with_data_leads_with_its_verdict() -> None:
    assert standing(half(state=StudyState.COMPLETE), (), decided=False) is None
    assert found(half(state=StudyState.COMPLETE, runs_done=0)).main == "No run was done: there is nothing to judge."


def test_one_run_is_counted_as_one() -> None:
    assert found(half(runs_done=1)).main == "1 of at most 1,948 runs is done."


def test_a_table_says_nothing_of_too_few_runs() -> None:
    points = [{"eta": golden.ETA, "alpha": golden.ALPHA}]
    spec = parse({"name": "t", "design": {"kind": "cross_validation", "points": points}, "losses": ["golden"]})
    assert found(half(spec, state=StudyState.CANCELLED)).main == "60 of 1,948 runs are done."
    running = study(sweep("golden@a", phase("cv", 100, 60)), spec=spec, runs_done=60)
    assert "The means are those of the repeats that are done." in found(running).more
