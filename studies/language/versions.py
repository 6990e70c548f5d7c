"""Versions of the study language: the defaults that differ between them, and the fields that came with the third.

    version   analysis   what it brought
    1         4          the first
    2         4          a fourth candidate in each block (`design.opposite`), 30 blocks instead of 35
    3         5          margins in points or as a share of the error, a floor, decoys; a confirmation that stops early,
                         arms at the likeliest point and at a far rival; ridge mates of the claim itself; any two
                         parameters and any measure; contexts named after their data; update rules,
                         schedules and backward rules beside those of the paper

A document without a version is of the newest, `SCHEMA_VERSION`. Stored documents state theirs and keep their meaning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from studies.errors import Problem
from studies.learning.chosen import TABLES
from studies.learning.entry import Kind

SCHEMA_VERSION: Literal[2, 3] = 3  # of new documents, and of `Claim()` and `LocateDesign()`
ANALYSIS_OF_SCHEMA = {1: 4, 2: 4, 3: 5}  # a document is planned and judged by the analysis of its time
ANALYSES = tuple(sorted({*ANALYSIS_OF_SCHEMA.values()}))  # that there are, the newest last
THIRD = 3  # the version whose fields are below
CLAIM_OF_THIRD = ("margin_points", "margin_error_share", "margin_floor", "decoys", "at", "tolerance")
STUDY_OF_THIRD = ("parameters", "ridge", "measure")
DESIGN_OF_THIRD = ("confirmation", "rival", "likeliest")
CONTEXT_OF_THIRD = ("trainer", "backward_rule", "axis", "arm")
DESIGN_KIND_OF_THIRD = "compare"
NAMES_BEFORE: Mapping[Kind, tuple[str, ...]] = {  # that documents of earlier versions can name, bare
    "network": ("fig3", "softmax", "mlp"),
    "update_rule": ("heavy_ball", "nesterov"),
    "initialisation": ("glorot_uniform",),
    "schedule": ("constant",),
}
OTHER_MARGINS = ("margin_points", "margin_error_share")  # that take the place of `margin_sigmas`
MATES = (0.0, 0.97)
MARGIN_FLOOR = 0.05  # in units of the logarithmic responses: a twentieth of the error
FOLKLORE = (0.01, 0.9)  # (eta, alpha): everyone's default


@dataclass(frozen=True, slots=True)
class Defaults:
    """Defaults that differ between versions; None: the version has no such field."""

    confirm_blocks: int
    opposite: bool | None
    confirmation: Literal["sequential", "fixed"] | None
    rival: bool | None
    likeliest: bool | None
    margin_floor: float | None


DEFAULTS = {
    1: Defaults(35, None, None, None, None, None),
    2: Defaults(30, opposite=True, confirmation=None, rival=None, likeliest=None, margin_floor=None),
    3: Defaults(40, opposite=True, confirmation="sequential", rival=True, likeliest=True, margin_floor=MARGIN_FLOOR),
}
NEWEST = DEFAULTS[SCHEMA_VERSION]
FIXED_BLOCKS = 30  # of a fixed confirmation that names no number


def again_caution(analysis: int, own: int) -> str:
    """The caution for a verdict under another analysis than the document's own; "" where it is its own."""
    if analysis == own:
        return ""
    return (
        f"Judged again: the document fixed analysis {own}, whose verdict stands. Under analysis {analysis} the same "
        "runs are exploratory; they confirm and refute nothing."
    )


def schema_of(analysis: Any) -> int:
    """The newest version of documents that are judged by an analysis; the newest of all where there is none such."""
    found = [version for version, known in ANALYSIS_OF_SCHEMA.items() if known == analysis]
    return max(found or ANALYSIS_OF_SCHEMA)


def dated(data: Mapping[str, Any]) -> dict[str, Any]:
    """The document with what its version has for the fields that it leaves out; claim and design are mappings or odd.

    Args:
        data: as it came in, its design with a `kind`.
    """
    version = version_of(data)
    if version is None:
        return dict(data)
    claim, design = data.get("claim", {}), data.get("design", {})
    found = dict(data)
    if isinstance(claim, Mapping):
        found["claim"] = {**_claim_defaults(claim, version), **claim}
    if isinstance(design, Mapping) and design.get("kind") == "locate":
        found["design"] = {**_design_defaults(design, version), **design}
    return found


def unknown(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Fields of the third version that a document of an earlier one names."""
    version = version_of(data)
    if version is None or version >= THIRD:
        return
    for table, names in (("", STUDY_OF_THIRD), ("claim", CLAIM_OF_THIRD), ("design", DESIGN_OF_THIRD)):
        given = data.get(table) if table else data
        for name in names:
            if isinstance(given, Mapping) and name in given:
                yield _newer(f"{table}.{name}" if table else name, version)
    design = data.get("design")
    if isinstance(design, Mapping) and design.get("kind") == DESIGN_KIND_OF_THIRD:
        yield _newer("design.kind", version)
    contexts = data.get("contexts")
    for i, context in enumerate(contexts if isinstance(contexts, list) else ()):
        for name in _of_third(context) if isinstance(context, Mapping) else ():
            yield _newer(f"contexts.{i}.{name}", version)


def _of_third(context: Mapping[str, Any]) -> Iterator[str]:
    """Fields of a context that came with the third version, or that name what came with it."""
    yield from (name for name in CONTEXT_OF_THIRD if name in context)
    for kind, before in NAMES_BEFORE.items():
        value, known = context.get(kind), [entry.name for entry in TABLES[kind]]
        if isinstance(value, Mapping) or (isinstance(value, str) and value in known and value not in before):
            yield kind


def _newer(field: str, version: int) -> Problem:
    return Problem(field, f"is not known in `schema_version` {version}; set that to {THIRD}")


def earlier_schema() -> dict[str, Any]:
    """JSON Schema of what `unknown` refuses: documents of an earlier version have no field of the third."""
    earlier = [version for version in DEFAULTS if version < THIRD]
    stated: dict[str, Any] = {"properties": {"schema_version": {"enum": earlier}}}
    if SCHEMA_VERSION >= THIRD:  # a document without a version is no earlier one
        stated["required"] = ["schema_version"]
    tables = (("claim", CLAIM_OF_THIRD), ("design", DESIGN_OF_THIRD))
    none: dict[str, Any] = {table: {"properties": dict.fromkeys(names, False)} for table, names in tables}
    none["design"]["properties"]["kind"] = {"not": {"const": DESIGN_KIND_OF_THIRD}}
    none["claim"]["type"] = "object"  # the preset by name came with the third
    none |= dict.fromkeys(STUDY_OF_THIRD, False)
    names = {kind: {"enum": list(before)} for kind, before in NAMES_BEFORE.items()}
    none["contexts"] = {"items": {"properties": {**dict.fromkeys(CONTEXT_OF_THIRD, False), **names}}}
    return {"if": stated, "then": {"properties": none}}


def with_margin(claim: Mapping[str, Any]) -> dict[str, Any]:
    """The claim without the margin by sigmas, where it names another margin."""
    if not _names_another(claim):
        return dict(claim)
    return {"margin_sigmas": None, "margin_floor": None, **claim}


def same_number(one: Any, other: float) -> bool:
    """True for a number that equals another up to the last digits of a decimal written by hand."""
    return isinstance(one, int | float) and math.isclose(one, other, rel_tol=1e-9)


def version_of(data: Mapping[str, Any]) -> int | None:
    """The version that a document has; None where it states one that there is not."""
    stated = data.get("schema_version", SCHEMA_VERSION)
    number = isinstance(stated, int | float) and not isinstance(stated, bool)
    return int(stated) if number and stated in DEFAULTS else None


def _claim_defaults(claim: Mapping[str, Any], version: int) -> dict[str, Any]:
    floor = None if _names_another(claim) else DEFAULTS[version].margin_floor
    return {"margin_floor": floor}


def _design_defaults(design: Mapping[str, Any], version: int) -> dict[str, Any]:
    known = DEFAULTS[version]
    fixed = design.get("confirmation") == "fixed"
    names = ("opposite", "confirmation", "rival", "likeliest")
    found: dict[str, Any] = {name: getattr(known, name) for name in names}
    found["confirm_blocks"] = FIXED_BLOCKS if fixed else known.confirm_blocks
    return found


def _names_another(claim: Mapping[str, Any]) -> bool:
    return any(claim.get(name) is not None for name in OTHER_MARGINS)
