"""Ready-made studies."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from service.problems import documented
from service.schemas import CatalogueDetail, CatalogueItem, CatalogueList
from studies.cost import preview
from studies.language.catalogue import entries, entry

router = APIRouter(tags=["catalogue"])


@router.get("/catalogue", operation_id="listCatalogue")
def list_catalogue() -> CatalogueList:
    """Ready-made studies with their cost."""
    items = [
        CatalogueItem(name=e.name, title=e.title, description=e.description, cost=preview(e.spec, None))
        for e in entries()
    ]
    return CatalogueList(items=items)


@router.get("/catalogue/{name}", operation_id="getCatalogueStudy", responses=documented(404))
def get_catalogue_study(name: Annotated[str, Path(max_length=100, examples=["quickstart"])]) -> CatalogueDetail:
    """One ready-made study: its document, to be submitted as it is or changed."""
    found = entry(name)
    return CatalogueDetail(
        name=found.name,
        title=found.title,
        description=found.description,
        study=found.spec.model_dump(mode="json"),
        toml=found.toml,
    )
