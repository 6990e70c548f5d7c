"""A function that trains, at work for a service: on a cluster node, or on several."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from golden_study.trainers import NO_NOISE_CURE, trainer_of
from service.client import Client
from service.lease_source import ServiceSource
from service.settings import load
from studies.external.embedded import worker_name
from studies.external.loop import run_trials
from studies.external.trial import Trial
from studies.external.watching import WatchedSource


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
    accept_no_noise: bool = False,
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
        accept_no_noise: go on although the results of this program do not vary with the seed, or at all.

    Raises:
        ClientError: the service refuses: there is no such study, or the token lacks the scope.
        TrainingFailedError: the first trainings all failed; the cause is what was raised.
        NoNoiseError: the results of this program do not vary; what it held has been handed back.
        KeyboardInterrupt: as it came; what is held has been handed back.
    """
    if token is None:
        secret = load().token
        token = secret.get_secret_value() if secret is not None else None
    with Client(url, token) as client, trainer_of(train, Path(folder), jobs=jobs, processes=processes) as trainer:
        own = ServiceSource(client, worker=worker or worker_name(), study=study)
        source = own if accept_no_noise else WatchedSource(own, cure=NO_NOISE_CURE)
        run_trials(source, trainer, jobs=jobs, idle_seconds=idle_seconds)
