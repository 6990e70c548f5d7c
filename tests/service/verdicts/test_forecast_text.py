"""A forecast in sentences."""

from __future__ import annotations

import pytest

from service.schemas import ForecastItem, ForecastOut
from service.verdicts.forecast_text import forecast_lines, with_command
from studies.verdict.model import Needed, Outcome


def item(
    sweep: str = "golden@paper",
    *,
    runs: int | None = 338,
    expected: Outcome = Outcome.SUPPORTED,
    by_extension: bool = True,
    seconds: float = 720.0,
    rate_measured: bool = True,
    grant: int = 0,
) -> ForecastItem:
    needed = Needed(2.0, 48, 12, runs, expected, by_extension, "as the verdict says it")
    return ForecastItem(sweep=sweep, needed=needed, seconds=seconds, rate_measured=rate_measured, grant=grant)


def forecast(*sweeps: ForecastItem, workers: int = 1) -> ForecastOut:
    return ForecastOut(study="s", workers=workers, images_per_second=3e4, rate_measured=True, sweeps=list(sweeps))


def test_each_sweep_that_runs_would_decide_has_a_sentence_and_the_command_follows() -> None:
    found = forecast(item(grant=338), item("sse@paper", runs=None), item("mse@paper", seconds=100_000.0, grant=66))
    lines = [
        "golden@paper: 338 runs, about 12 min on the present workers, are expected to make it supported.",
        "mse@paper: 338 runs, about 27.8 h on the present workers, are expected to make it supported.",
    ]
    assert forecast_lines(found) == lines
    assert with_command(found) == [*lines, "To do so: golden extend s --until-decided --max-runs 404"]


@pytest.mark.parametrize(
    ("workers", "pace"),
    [(2, "at a rate that no worker has measured yet"), (0, "at an assumed rate, as no worker is up")],
)
def test_an_assumed_rate_is_named_and_no_command_where_none_helps(workers: int, pace: str) -> None:
    assumed = item(expected=Outcome.REFUTED, by_extension=False, seconds=30.0, rate_measured=False)
    assert with_command(forecast(assumed, workers=workers)) == [
        f"golden@paper: 338 runs, about 30 s {pace}, are expected to make it refuted, in a new study."
    ]
