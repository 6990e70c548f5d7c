"""Provenance of a report's rows: data and software as workers noted them, and the seeds of every row.

The seeds are a pure function of the study's document and of each trial's place in the plan, so that `golden verify`
recomputes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from studies.language.spec import StudySpec
from studies.records import Replicate, TrialPlan
from studies.storage.engine import Database
from studies.storage.provenance import SEEDS, origins, seeds

MOST = 20  # differences listed
_SHA256 = re.compile(r"[0-9a-f]{64}")


def provenance(db: Database, report: Mapping[str, Any]) -> dict[str, Any]:
    """Data, software and seeds of a report's rows, as JSON values.

    Raises:
        StudyNotFoundError: there is no such study.
        StorageUnavailableError: the database cannot be reached.
    """
    name = report["study"]
    noted = origins(db, name)
    return {
        "data": {
            context["name"]: {"dataset": context["dataset"], "sha256": noted.data.get(context["dataset"])}
            for context in report["spec"]["contexts"]
            if "dataset" in context  # whose data an external context has, nobody here knows
        },
        "software": list(noted.software),
        "seeds": {sweep["name"]: _columns(sweep["runs"], seeds(db, name, sweep["name"])) for sweep in report["sweeps"]},
    }


def _columns(runs: Mapping[str, Any], known: Mapping[tuple[int, int], Replicate]) -> dict[str, list[int]]:
    rows = [known[key] for key in zip(runs["trial"], runs["run"], strict=True)]
    return {column: [getattr(row, column) for row in rows] for column in SEEDS}


def provenance_differences(
    spec: StudySpec, report: Mapping[str, Any], plans: Mapping[str, Sequence[TrialPlan]]
) -> list[str]:
    """Differences between a report's provenance and what its document yields; none where it states no provenance.

    Args:
        spec: the study.
        report: its rows are known to be as planned.
        plans: the planned trials of every sweep, by its name (`report.replay.plans_of`).
    """
    stated = report.get("provenance")
    if stated is None:
        return []
    found = _data_differences(spec, stated["data"])
    for sweep in report["sweeps"]:
        found += _seed_differences(sweep, stated["seeds"][sweep["name"]], plans[sweep["name"]])
    return found[:MOST]


def _data_differences(spec: StudySpec, data: Mapping[str, Any]) -> list[str]:
    found = []
    for context in spec.built_in:
        path, one = f"provenance.data.{context.name}", data[context.name]
        if one["dataset"] != context.dataset:
            found.append(f"{path}.dataset: stated {one['dataset']!r}, the document has {context.dataset!r}")
        if one["sha256"] is not None and not _SHA256.fullmatch(one["sha256"]):
            found.append(f"{path}.sha256: is no SHA-256")
    return found


def _seed_differences(sweep: Mapping[str, Any], stated: Mapping[str, Any], plans: Sequence[TrialPlan]) -> list[str]:
    runs = sweep["runs"]
    rows = zip(*(stated[name] for name in SEEDS), strict=True)
    places = zip(runs["trial"], runs["run"], rows, strict=True)
    return [
        f"provenance.seeds.{sweep['name']}.{i}: stated {row}, which the study's seed does not give"
        for i, (trial, run, row) in enumerate(places)
        if Replicate(*row) != plans[trial].replicates[run]
    ]
