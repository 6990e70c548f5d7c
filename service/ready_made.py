"""Answers that need no database: the catalogue, the schema, the cost of a study; for API and command line."""

from __future__ import annotations

from service.schemas import CatalogueDetail, CatalogueItem, PreviewOut
from studies.calibration.chances import Assumptions
from studies.cost import preview
from studies.language.catalogue import entries, entry
from studies.language.spec import StudySpec, folded


def catalogue_items() -> list[CatalogueItem]:
    """Ready-made studies with their cost."""
    return [
        CatalogueItem(name=e.name, title=e.title, description=e.description, cost=preview(e.spec, None))
        for e in entries()
    ]


def catalogue_detail(name: str) -> CatalogueDetail:
    """One ready-made study: its document, to be submitted as it is or changed.

    Raises:
        StudyNotFoundError: the catalogue has no such study.
    """
    found = entry(name)
    return CatalogueDetail(
        name=found.name,
        title=found.title,
        description=found.description,
        study=folded(found.spec.model_dump(mode="json")),
        toml=found.toml,
    )


def assumed_preview(spec: StudySpec, *, power: bool, seconds: float) -> PreviewOut:
    """Size of a study, its cost at an assumed speed, and with `power` its chances on an assumed landscape.

    Args:
        power: simulate how likely the design is to decide.
        seconds: no simulated study is begun after this time.
    """
    from studies.calibration.planned_power import planned_power  # brings the whole procedure

    chances = planned_power(spec, Assumptions(), seconds=seconds) if power else None
    return PreviewOut(study=spec.name, claim_hash=spec.claim_hash, cost=preview(spec, None), power=chances)
