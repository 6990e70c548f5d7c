"""A forecast in sentences, the same in the terminal and on a study's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from service.formats import duration

if TYPE_CHECKING:
    from service.schemas import ForecastItem, ForecastOut


def forecast_lines(forecast: ForecastOut, named: Callable[[str], str] = str) -> list[str]:
    """A sentence for each sweep that more runs would decide, or might although the forecast does not expect it.

    Args:
        forecast: of a study.
        named: what readers call a sweep.
    """
    said = ((item, _line(forecast, item)) for item in forecast.sweeps)
    return [f"{named(item.sweep)}: {line}" for item, line in said if line]


def with_command(forecast: ForecastOut) -> list[str]:
    """The same sentences, then the command that extends the study, where an extension helps or might help."""
    runs = sum(item.grant for item in forecast.sweeps)
    command = f"golden extend {forecast.study} --until-decided --max-runs {runs}"
    named = [item.sweep for item in forecast.sweeps if item.grant and _expected(item)]
    lead = f"To decide {' and '.join(named)}" if named else "For a further look all the same"
    return [*forecast_lines(forecast), *([f"{lead}: {command}"] if runs else [])]


def _expected(item: ForecastItem) -> bool:
    """True where the forecast expects the extension to decide, rather than merely not to rule it out."""
    return item.needed.runs is not None and item.needed.by_extension


def _line(forecast: ForecastOut, item: ForecastItem) -> str:
    needed = item.needed
    if needed.runs is None:
        return _against_expectation(item) if item.grant else ""
    place = "" if needed.by_extension else ", in a new study"
    return (
        f"{needed.runs:,} runs, about {duration(item.seconds)} {pace(forecast.workers, measured=item.rate_measured)}, "
        f"are expected to make it {needed.expected}{place}."
    )


def _against_expectation(item: ForecastItem) -> str:
    return (
        f"a further look takes {item.grant:,} runs. It is not expected to decide, but more runs also "
        "mend the fitted surface that this forecast takes for the truth."
    )


def pace(workers: int, *, measured: bool) -> str:
    """At which pace a time is told.

    Args:
        workers: that are alive.
        measured: whether they have measured the rate behind it.
    """
    if measured:
        return "on the present workers"
    return "at a rate that no worker has measured yet" if workers else "at an assumed rate, as no worker is up"
