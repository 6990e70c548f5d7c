"""A forecast for a study: what would decide it, and how long the workers that are alive need for that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.schemas import ForecastItem, ForecastOut
from studies.cost import preview, seconds_for
from studies.language.spec import StudySpec
from studies.plan.later_looks import runs_to_decide
from studies.records import Preview
from studies.speed import Speeds
from studies.storage.read_models import WorkerRow
from studies.verdict.model import StudyVerdict


@dataclass(frozen=True, slots=True)
class Throughput:
    """The speed of the workers that are alive, together and each."""

    workers: int
    images_per_second: float | None  # paper images, all workers together; None if none has measured it
    speeds: tuple[Speeds, ...]

    def preview(self, spec: StudySpec) -> Preview:
        """Size and rough cost of a study."""
        return preview(spec, self.images_per_second, self.speeds)

    def seconds(self, spec: StudySpec, runs: Mapping[str, float]) -> tuple[float, bool]:
        """Wall time of a number of runs by context, and whether these workers have measured the rate behind it."""
        return seconds_for(spec, runs, self.images_per_second, self.speeds)


def throughput_of(workers: Iterable[WorkerRow]) -> Throughput:
    """The throughput of those workers that are alive."""
    alive = [worker for worker in workers if worker.alive]
    rate = sum(worker.images_per_second or 0.0 for worker in alive)
    return Throughput(len(alive), rate or None, tuple(worker.speeds for worker in alive))


def forecast(spec: StudySpec, verdict: StudyVerdict, throughput: Throughput) -> ForecastOut:
    """The runs that would decide the sweeps that lack data, each with the time of its own context."""
    cost, grants = throughput.preview(spec), runs_to_decide(spec, verdict)
    items = []
    for sweep in verdict.sweeps:
        if sweep.needed is None:
            continue
        runs = sweep.needed.runs
        seconds, measured = (None, False) if runs is None else throughput.seconds(spec, {sweep.context: runs})
        items.append(
            ForecastItem(
                sweep=sweep.sweep,
                needed=sweep.needed,
                seconds=seconds,
                rate_measured=measured,
                grant=grants.get(sweep.sweep, 0),
            )
        )
    return ForecastOut(
        study=spec.name,
        workers=throughput.workers,
        images_per_second=cost.images_per_second,
        rate_measured=cost.rate_measured,
        sweeps=items,
    )
