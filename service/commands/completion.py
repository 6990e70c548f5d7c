"""Values that a shell offers where Tab is pressed: names from the running service, of the catalogue, and files.

A completion writes nothing but names: where the service is away, slow or refuses, it offers none. An empty list leaves
the word to the shell, which then completes file names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

import typer

from service.commands.asked import settings
from studies.errors import GoldenError

SECONDS = 1.5  # to connect, and for each part of the answer
MOST = 100  # names
DOCUMENTS = (".toml", ".json")
_SAFE = re.compile(r"[\w.,:@/+~-]+")  # words that no shell changes


def study_names(incomplete: str) -> list[str]:
    """Studies of the service, newest first."""
    return _offered((item["name"] for item in _items("/api/v1/studies?limit=100")), incomplete)


def sweep_names(incomplete: str) -> list[str]:
    """Optuna studies of the service, `<study>/<sweep>`; before the slash, studies."""
    study, slash, _ = incomplete.partition("/")
    if not slash:
        return [f"{name}/" for name in study_names(incomplete)]
    sweeps = _asked(f"/api/v1/studies/{quote(study, safe='') or '-'}").get("sweeps", [])
    return _offered((f"{study}/{sweep['name']}" for sweep in sweeps), incomplete)


def worker_names(incomplete: str) -> list[str]:
    """Workers of the service."""
    return _offered((item["name"] for item in _items("/api/v1/workers")), incomplete)


def catalogue_names(incomplete: str) -> list[str]:
    """Ready-made studies."""
    from studies.language.catalogue import names  # brings the models of the study language

    return _offered(names(), incomplete)


def documents(incomplete: str) -> list[str]:
    """Ready-made studies, and files and folders that may hold a document."""
    return [*catalogue_names(incomplete), *_offered(_paths(incomplete), incomplete)]


def files(incomplete: str) -> list[str]:
    """Nothing: the shell knows files best."""
    return []


def states(incomplete: str) -> list[str]:
    """States of a study."""
    from studies.records import StudyState

    return _offered(StudyState, incomplete)


def objectives(incomplete: str) -> list[str]:
    """Measures that a study can be judged by."""
    from studies.language.claim import Objective

    return _offered(get_args(Objective), incomplete)


def scenarios(incomplete: str) -> list[str]:
    """Planted landscapes, after those that were named before a comma."""
    from studies.calibration.scenarios import every_scenario

    before = incomplete[: incomplete.rfind(",") + 1]
    return _offered((before + key for key in every_scenario()), incomplete)


def scenario_kinds(incomplete: str) -> list[str]:
    """Kinds of planted landscapes, after those that were named before a comma."""
    from studies.calibration.scenarios import KINDS

    before = incomplete[: incomplete.rfind(",") + 1]
    return _offered((before + kind for kind in KINDS), incomplete)


def log_formats(incomplete: str) -> list[str]:
    """Forms of a log."""
    return _offered(("console", "json", "auto"), incomplete)


def ways_of_choosing(incomplete: str) -> list[str]:
    """Ways in which the points of foreign trials were chosen."""
    return _offered(("fixed", "adaptive"), incomplete)


def verbs(context: typer.Context, incomplete: str) -> list[str]:
    """Verbs of the command line."""
    return _offered(getattr(context.find_root().command, "commands", {}), incomplete)


def _offered(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete) and _SAFE.fullmatch(word)][:MOST]


def _paths(incomplete: str) -> list[str]:
    folder, _, start = incomplete.rpartition("/")
    place = f"{folder}/" if "/" in incomplete else ""
    try:
        found = sorted(Path(place or ".").iterdir())
    except OSError:
        return []
    shown = [path for path in found if start.startswith(".") or not path.name.startswith(".")]
    return [place + path.name + "/" for path in shown if path.is_dir()] + [
        place + path.name for path in shown if path.suffix.lower() in DOCUMENTS and path.is_file()
    ]


def _items(path: str) -> list[dict[str, Any]]:
    found = _asked(path).get("items", [])
    return [item for item in found if isinstance(item, dict) and isinstance(item.get("name"), str)]


def _asked(path: str) -> dict[str, Any]:
    """An answer of the service in force, {} where there is none."""
    from service.transport import Transport  # brings the HTTP library

    try:
        here = settings()
        token = here.token or here.read_token
        transport = Transport(here.base_url, token.get_secret_value() if token else None, timeout=SECONDS)
        with closing(transport):
            answer = json.loads(transport.get(path))
    except (GoldenError, OSError, ValueError):
        return {}
    return answer if isinstance(answer, dict) else {}
