"""A forecast in sentences, the same in the terminal and on a study's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.formats import duration

if TYPE_CHECKING:
    from service.schemas import ForecastItem, ForecastOut


def forecast_lines(forecast: ForecastOut) -> list[str]:
    """A sentence for each sweep that more runs would decide, with the runs and their time."""
    return [_line(forecast, item) for item in forecast.sweeps if item.needed.runs is not None]


def with_command(forecast: ForecastOut) -> list[str]:
    """The same sentences, then the command that extends the study, where extending it helps."""
    runs = sum(item.grant for item in forecast.sweeps)
    command = f"To do so: golden extend {forecast.study} --until-decided --max-runs {runs}"
    return [*forecast_lines(forecast), *([command] if runs else [])]


def _line(forecast: ForecastOut, item: ForecastItem) -> str:
    needed = item.needed
    place = "" if needed.by_extension else ", in a new study"
    return (
        f"{item.sweep}: {needed.runs:,} runs, about {duration(item.seconds)} {_pace(forecast, item)}, "
        f"are expected to make it {needed.expected}{place}."
    )


def _pace(forecast: ForecastOut, item: ForecastItem) -> str:
    if item.rate_measured:
        return "on the present workers"
    if forecast.workers:
        return "at a rate that no worker has measured yet"
    return "at an assumed rate, as no worker is up"
