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
    expected: Outcome | None = Outcome.SUPPORTED,
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
    assert forecast_lines(found, lambda sweep: sweep.partition("@")[0])[1].startswith("mse: 338 runs")
    command = "golden extend s --until-decided --max-runs 404"
    assert with_command(found) == [*lines, f"To decide golden@paper and mse@paper: {command}"]


@pytest.mark.parametrize(
    ("workers", "pace"),
    [(2, "at a rate that no worker has measured yet"), (0, "at an assumed rate, as no worker is up")],
)
def test_an_assumed_rate_is_named_and_no_command_where_none_helps(workers: int, pace: str) -> None:
    assumed = item(expected=Outcome.REFUTED, by_extension=False, seconds=30.0, rate_measured=False)
    assert with_command(forecast(assumed, workers=workers)) == [
        f"golden@paper: 338 runs, about 30 s {pace}, are expected to make it refuted, in a new study."
    ]


def test_a_look_that_is_not_expected_to_decide_is_not_offered_as_one_that_does() -> None:
    hopeless = item(runs=None, expected=None, by_extension=False, grant=96)
    assert with_command(forecast(hopeless)) == [
        "golden@paper: a further look takes 96 runs. It is not expected to decide, but more runs also mend the fitted "
        "surface that this forecast takes for the truth.",
        "For a further look all the same: golden extend s --until-decided --max-runs 96",
    ]
    later = with_command(forecast(hopeless, item("mse@paper", grant=66)))
    assert later[-1] == "To decide mse@paper: golden extend s --until-decided --max-runs 162"
    assert with_command(forecast(item(runs=None, expected=None, by_extension=False))) == []
