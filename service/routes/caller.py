"""The caller itself: under which name and with which rights it was let in."""

from __future__ import annotations

from fastapi import APIRouter

from service.dependencies import CallerDep
from service.door.scopes import in_order
from service.schemas import CallerOut

router = APIRouter(prefix="/caller", tags=["operation"])


@router.get("", operation_id="getCaller")
def get_caller(caller: CallerDep) -> CallerOut:
    """Name and rights of whoever asks, as the audit list and the owner of a study are named."""
    return CallerOut(name=caller.name, scopes=in_order(caller.scopes), way=caller.way)
