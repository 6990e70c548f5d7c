"""The document of a study from what a script says, and the direction in which its values are better."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studies.errors import Problem, SpecError, cut
from studies.external.brief import Point, Range, document_of, measure_of
from studies.external.measured import own_measure
from studies.foreign.measures import DIRECTIONS, usual_direction
from studies.language.reading import MAX_BYTES
from studies.language.spec import StudySpec, parse

Document = StudySpec | Mapping[str, Any] | str | Path
VALUE = "value"  # name of a measure that nobody has named
WAYS = {True: "maximize", False: "minimize"}


def spec_of(
    *,
    claim: str | Point | None,
    space: str | Mapping[str, Range] | None,
    measure: str | Mapping[str, Any] | None,
    study: Document | None,
    maximised: bool,
    fields: Mapping[str, Any],
) -> StudySpec:
    """The study that is meant.

    Args:
        claim, space, measure: in words or as mappings; `measure` may be left out, or leave its direction out.
        study: a document in place of these: a mapping, or a TOML or JSON file.
        maximised: True where larger values are better, as the values' source states.
        fields: further fields of the document.

    Raises:
        SpecError: it is not acceptable, or its measure is better in the other direction; each field is named.
        OSError: the file cannot be read.
    """
    if study is not None:
        given = [
            name for name, value in (("claim", claim), ("space", space), ("measure", measure)) if value is not None
        ]
        if given or fields:
            names = " and ".join([*given, *fields])
            raise SpecError([Problem("study", f"is a document, which says that itself; leave out {names}")])
        spec = read_document(study)
    elif claim is None or space is None:
        missing = "claim" if claim is None else "space"
        text = (
            'is missing; give a claim such as "lr=3e-4,beta1=0.9" and a space such as "lr=1e-5..0.1,beta1=0.5..0.999"'
        )
        raise SpecError([Problem(missing, text)])
    else:
        spec = parse(document_of(claim, space, _measure(measure, maximised), **fields))
    stated = own_measure(spec)
    if stated.maximised != maximised:
        text = f"{stated.name} is {stated.direction}d, and the study {WAYS[maximised]}s; make one of them fit the other"
        raise SpecError([Problem("measure", text)])
    return spec


def read_document(study: Document) -> StudySpec:
    """A study from its document; errors as of `spec_of`."""
    if isinstance(study, StudySpec):
        return study
    if isinstance(study, Mapping):
        return parse(study)
    path = Path(study)
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    return parse(content, form="json" if path.suffix.lower() == ".json" else "toml")


def _measure(measure: str | Mapping[str, Any] | None, maximised: bool) -> dict[str, Any]:
    """The measure with the source's direction where it states none itself.

    Raises:
        SpecError: it cannot be read, or its usual direction is the other one.
    """
    way = WAYS[maximised]
    if measure is None:
        return measure_of(f"{VALUE}:{way}")
    if not isinstance(measure, str):
        return {"direction": way, **measure}
    name, *parts = measure.split(":")
    if any(part.strip().lower() in DIRECTIONS for part in parts):
        return measure_of(measure)
    usual = usual_direction(name)
    if usual is not None and usual != maximised:
        shown = cut(name.strip(), 40)
        text = f"the study {way}s, and {shown} is usually {WAYS[usual]}d; write {shown}:{way} if that is meant"
        raise SpecError([Problem("measure", text)])
    return measure_of(f"{measure}:{way}")
