"""Provenance of a report's rows: data and software as workers noted them, and the seeds of every row.

The seeds are a pure function of the study's document and of each row's phase and block (`replicates`), so that
`golden verify` recomputes them. Of map and zoom, where each point has initial weights of its own, it checks that they
belong to one of the sweep's points.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from studies.language.context import Context
from studies.language.phases import PAIRED_PHASES, Phase
from studies.language.spec import MAX_RUNS, StudySpec, restored
from studies.plan.procedure import first_block
from studies.plan.replicates import confirm_replicate, cv_replicate, map_replicate
from studies.records import Replicate
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
        },
        "software": list(noted.software),
        "seeds": {sweep["name"]: _columns(sweep["runs"], seeds(db, name, sweep["name"])) for sweep in report["sweeps"]},
    }


def _columns(runs: Mapping[str, Any], known: Mapping[tuple[int, int], Replicate]) -> dict[str, list[int]]:
    rows = [known[key] for key in zip(runs["trial"], runs["run"], strict=True)]
    return {column: [getattr(row, column) for row in rows] for column in SEEDS}


def provenance_differences(report: Mapping[str, Any]) -> list[str]:
    """Differences between a report's provenance and what its document yields; none where it states no provenance."""
    stated = report.get("provenance")
    if stated is None:
        return []
    spec = restored(report["spec"])
    found = _data_differences(spec, stated["data"])
    for sweep in report["sweeps"]:
        found += _seed_differences(spec, sweep, stated["seeds"][sweep["name"]])
    return found[:MOST]


def _data_differences(spec: StudySpec, data: Mapping[str, Any]) -> list[str]:
    found = []
    for context in spec.contexts:
        path, one = f"provenance.data.{context.name}", data[context.name]
        if one["dataset"] != context.dataset:
            found.append(f"{path}.dataset: stated {one['dataset']!r}, the document has {context.dataset!r}")
        if one["sha256"] is not None and not _SHA256.fullmatch(one["sha256"]):
            found.append(f"{path}.sha256: is no SHA-256")
    return found


def _seed_differences(spec: StudySpec, sweep: Mapping[str, Any], stated: Mapping[str, Any]) -> list[str]:
    context, runs = spec.context_of(sweep["context"]), sweep["runs"]
    points = min(max(runs["trial"], default=0) + 1, MAX_RUNS)

    @cache
    def initial(phase: Phase, repeat: int) -> frozenset[int]:
        each = (map_replicate(spec, context, phase, point=i, group=0, repeat=repeat) for i in range(points))
        return frozenset(replicate.init_seed for replicate in each)

    found = []
    rows = zip(*(stated[name] for name in SEEDS), strict=True)
    places = zip(runs["phase"], runs["block"], runs["run"], rows, strict=True)
    for i, (phase_name, block, run, row) in enumerate(places):
        phase, own = Phase(phase_name), Replicate(*row)
        due = _due(spec, context, phase, block, run, own.init_seed)
        fresh = phase in (*PAIRED_PHASES, Phase.CV)
        if own != due or not (fresh or own.init_seed in initial(phase, run)):
            found.append(f"provenance.seeds.{sweep['name']}.{i}: stated {row}, which the study's seed does not give")
    return found


def _due(spec: StudySpec, context: Context, phase: Phase, block: int, run: int, init_seed: int) -> Replicate:
    """The replicate of a row; of map and zoom with the initial weights that it states."""
    if phase in PAIRED_PHASES:
        return confirm_replicate(spec, context, block - first_block(Phase.CONFIRM))
    group = block - first_block(phase)
    if phase is Phase.CV:
        return cv_replicate(spec, context, group, run)
    drawn = map_replicate(spec, context, phase, point=0, group=group, repeat=run)
    return Replicate(drawn.split, drawn.fold, drawn.order_seed, init_seed)
