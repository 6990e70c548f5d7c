"""Options of `golden-worker`, each from the command line, else from its `GOLDEN_*` variable, else by default."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from studies.variables import PREFIX

LOG_FORMATS = ("auto", "console", "json")


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Options over variables over defaults; what cannot be used ends the process with code 2 and one sentence."""
    parser = _parser()
    found = parser.parse_args(argv)
    for name, (variable, kind, default) in _VARIABLES.items():
        if getattr(found, name) is None:
            setattr(found, name, _value(parser, os.environ, PREFIX + variable, kind, default))
    return found


class _Parser(argparse.ArgumentParser):
    """Complains in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """End the process."""
        self.exit(2, f"golden-worker: {message}; see golden-worker --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="golden-worker",
        description="Trains the trials of golden-study. Needs nothing but the database.",
        epilog="The database URL is read from GOLDEN_DATABASE_URL or the file GOLDEN_DATABASE_URL_FILE, so that a "
        "password never shows in a process list; --database is for URLs without one. All others but --study and "
        "--exit-when-idle may be variables too: GOLDEN_DEVICE, GOLDEN_WORKER_NAME, GOLDEN_LEASE_SECONDS, and so on.",
    )
    parser.add_argument("--database", metavar="URL", help="default: GOLDEN_DATABASE_URL")
    parser.add_argument("--device", help="auto, cpu, cuda, cuda:N [auto]")
    parser.add_argument("--name", help="name of this worker [host-pid-device]")
    parser.add_argument("--data-dir", type=Path, help="data sets [data]")
    parser.add_argument("--study", action="append", metavar="NAME", help="work on this study only; may be repeated")
    parser.add_argument("--max-lanes", type=_whole, help="largest stack [0: by memory]")
    parser.add_argument("--threads", type=_whole, help="CPU threads, at most one a processor [0: all]")
    parser.add_argument("--lease-seconds", type=_seconds, help="a dead worker's trials wait so long [60]")
    parser.add_argument("--poll-seconds", type=_seconds, help="pause where nothing waits [1]")
    parser.add_argument("--exit-when-idle", type=_seconds, metavar="SECONDS", help="stop once nothing waited so long")
    parser.add_argument("--heartbeat-dir", type=Path, help="folder for a file touched now and again, for health checks")
    parser.add_argument("--log-format", choices=("console", "json"))
    return parser


def _value(
    parser: argparse.ArgumentParser, env: Mapping[str, str], key: str, kind: Callable[[str], Any], default: Any
) -> Any:
    if key not in env:
        return default
    try:
        return kind(env[key])
    except argparse.ArgumentTypeError as error:
        parser.error(f"{key}: {error}")


def _whole(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 100_000:
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is not a whole number from 0 to 100000")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0.05 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is not a number of seconds from 0.05 to 86400")
    return value


def _log_format(text: str) -> str:
    if text not in LOG_FORMATS:
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is none of {', '.join(LOG_FORMATS)}")
    return text


_VARIABLES: dict[str, tuple[str, Callable[[str], Any], Any]] = {
    "device": ("DEVICE", str, "auto"),
    "name": ("WORKER_NAME", str, None),
    "data_dir": ("DATA_DIR", Path, Path("data")),
    "max_lanes": ("MAX_LANES", _whole, 0),
    "threads": ("THREADS", _whole, 0),
    "lease_seconds": ("LEASE_SECONDS", _seconds, 60.0),
    "poll_seconds": ("POLL_SECONDS", _seconds, 1.0),
    "heartbeat_dir": ("HEARTBEAT_DIR", Path, None),
    "log_format": ("LOG_FORMAT", _log_format, "console"),
}
