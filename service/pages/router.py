"""The pages' routes."""

from fastapi import APIRouter


def build_router() -> APIRouter:
    """All pages."""
    return APIRouter(include_in_schema=False)
