"""Ready-made studies."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from service.problems import documented
from service.ready_made import catalogue_detail, catalogue_items
from service.schemas import CatalogueDetail, CatalogueList

router = APIRouter(tags=["catalogue"])


@router.get("/catalogue", operation_id="listCatalogue")
def list_catalogue() -> CatalogueList:
    """Ready-made studies with their cost."""
    return CatalogueList(items=catalogue_items())


@router.get("/catalogue/{name}", operation_id="getCatalogueStudy", responses=documented(404))
def get_catalogue_study(name: Annotated[str, Path(max_length=100, examples=["quickstart"])]) -> CatalogueDetail:
    """One ready-made study: its document, to be submitted as it is or changed."""
    return catalogue_detail(name)
