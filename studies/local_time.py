"""Moments as people read them: in the time zone of the reader, which is named. JSON keeps UTC."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any, Literal

_AT_GREENWICH = ("UTC", "GMT", "WET")  # names of zones without an offset; other names for none are misspelt zones


def local_time(moment: datetime, precision: Literal["minutes", "seconds"] = "minutes") -> str:
    """A moment such as "2026-11-25 18:15 JST", in the zone of `TZ` or of this machine.

    A zone whose name is no plain abbreviation is shown by its offset, such as "+03:00". A `TZ` that names no zone
    counts as UTC, as in the C library.

    Args:
        moment: with a zone, or in UTC without one.
        precision: the last unit shown.
    """
    known = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    try:
        here = known.astimezone()
    except (OverflowError, ValueError, OSError):  # the first and last days of the calendar
        here = known
    return f"{here.replace(tzinfo=None).isoformat(' ', precision)} {_zone(here)}"


def stamp_local_time(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: the present moment as `timestamp`, for logs that people read."""
    event["timestamp"] = local_time(datetime.now(UTC), "seconds")
    return event


def _zone(moment: datetime) -> str:
    name, offset = moment.tzname() or "", moment.strftime("%z")
    if not offset.strip("+-0"):
        return name if name in _AT_GREENWICH else "UTC"
    plain = name.isascii() and name.isalpha() and name.isupper() and len(name) <= 5
    return name if plain else f"{offset[:3]}:{offset[3:5]}"
