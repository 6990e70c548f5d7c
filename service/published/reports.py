"""The published results: the reports of docs/results, which a wheel carries beside this file.

They are read where they lie and copied into no database: a published study has no trials that could be claimed, its
name stays free for a study of the user's own, and what cannot be changed needs no rule against it.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from studies.language.compare import CompareDesign
from studies.language.loss_names import phrase
from studies.report.stated import stated_detail
from studies.storage.read_models import StudyDetail
from studies.verdict.exchange import from_json
from studies.verdict.leading import leading

CARRIED = Path(__file__).parent / "reports"  # in an installed package; `hatch_build.py` puts them there
OF_A_CLONE = Path(__file__).parents[2] / "docs" / "results"
ENDINGS = (".json.gz", ".json")
GROUPS = {  # by kind of design, in the order of the list
    "locate": "Is the optimum where a claim says?",
    "cross_validation": "The paper’s Table 1",
    "compare": "Ways to learn, side by side",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A published study as the list shows it.

    Attributes:
        name: of its report's file, and in its address; a study may be published twice under its own name.
        title: of the study.
        kind: of its design.
        outcome: word of its verdict; "" where the design states none.
        about: under which loss, or what is compared, in a few words.
        runs: that were trained.
        submitted_at: when the study began.
    """

    name: str
    title: str
    kind: str
    outcome: str
    about: str
    runs: int
    submitted_at: datetime


def folder() -> Path | None:
    """Where the reports are; None where this installation has none."""
    return next((place for place in (CARRIED, OF_A_CLONE) if place.is_dir()), None)


def files() -> dict[str, Path]:
    """The reports by name, which requests are looked up in: no path of a request is ever opened."""
    place = folder()
    return {} if place is None else _listing(place, place.stat().st_mtime_ns)


def report_bytes(name: str) -> bytes:
    """A report as JSON, unpacked.

    Raises:
        KeyError: no report is called so.
    """
    content = files()[name].read_bytes()
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def report(name: str) -> dict[str, Any]:
    """A report's values.

    Raises:
        KeyError: no report is called so.
    """
    values: dict[str, Any] = json.loads(report_bytes(name))
    return values


def grouped() -> dict[str, list[Entry]]:
    """All published studies by what they ask, the newest of each group first."""
    found = sorted(map(_entry, files()), key=lambda entry: entry.submitted_at, reverse=True)
    groups = {title: [entry for entry in found if entry.kind == kind] for kind, title in GROUPS.items()}
    return {title: entries for title, entries in groups.items() if entries}


@lru_cache(maxsize=4)
def _listing(place: Path, changed: int) -> dict[str, Path]:
    found = {path: ending for path in sorted(place.iterdir()) for ending in ENDINGS if path.name.endswith(ending)}
    return {path.name.removesuffix(ending): path for path, ending in found.items()}


@lru_cache(maxsize=256)
def _entry(name: str) -> Entry:
    values = report(name)
    detail = stated_detail(values)
    outcome, about = _told(values, detail)
    spec, summary = detail.spec, detail.summary
    return Entry(name, spec.title or spec.name, spec.design.kind, outcome, about, summary.runs_done, summary.created_at)


def _told(values: dict[str, Any], detail: StudyDetail) -> tuple[str, str]:
    """The word of the verdict, and what it is about."""
    spec = detail.spec
    if isinstance(spec.design, CompareDesign):
        return "", f"{len(spec.design.arms)} arms"
    if spec.design.kind != "locate":
        return "", "means and deviations"
    verdict = from_json(values["verdict"])
    lead = leading(verdict.sweeps, spec.claim.primary_loss)
    return verdict.outcome.value, "" if lead is None else f"under {phrase(lead.loss)}"
