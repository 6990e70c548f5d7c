"""A function that trains, at work for a service: on a cluster node, or on several."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from golden_study.trainers import trainer_of
from service.client import Client
from service.lease_source import ServiceSource
from service.settings import load
from studies.external.embedded import worker_name
from studies.external.loop import run_trials
from studies.external.trial import Trial


def work(
    url: str,
    train: Callable[[Trial], Any],
    *,
    token: str | None = None,
    study: str | None = None,
    jobs: int = 1,
    processes: bool = False,
    folder: str | Path = "golden-trials",
    worker: str | None = None,
    idle_seconds: float | None = None,
) -> None:
    """Train the trials of a service's external contexts until the study has ended; without a study, until interrupted.

    A service that is away is waited for, and results are kept until it is back.

    Args:
        url: of the service.
        train: as of `locate`.
        token: with the scope `work`; None: GOLDEN_TOKEN, where it is set.
        study: only trials of this one; None: of any study that waits.
        jobs: trainings at once, in threads; 1: in the thread that calls.
        processes: as of `locate`.
        folder: under which `trial.folder` lies, made where `train` asks for it. Share it among machines where a trial
            should find its checkpoint on another one.
        worker: name of this program, for display; None: the machine and the process.
        idle_seconds: end as well once nothing waited for so long.

    Raises:
        ClientError: the service refuses: there is no such study, or the token lacks the scope.
        TrainingFailedError: the first trainings all failed; the cause is what was raised.
        KeyboardInterrupt: as it came; what is held has been handed back.
    """
    if token is None:
        secret = load().token
        token = secret.get_secret_value() if secret is not None else None
    with Client(url, token) as client, trainer_of(train, Path(folder), jobs=jobs, processes=processes) as trainer:
        source = ServiceSource(client, worker=worker or worker_name(), study=study)
        run_trials(source, trainer, jobs=jobs, idle_seconds=idle_seconds)
