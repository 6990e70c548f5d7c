"""The OpenAPI document of this program's API, as `docs/openapi.json` holds it."""

from __future__ import annotations

from service.app import create_app
from service.settings import Settings
from studies.storage.engine import open_database
from studies.text import json_text


def document() -> str:
    """The document as JSON that a terminal can be given; no database is asked."""
    db = open_database("sqlite:////tmp/none.db")
    try:
        return json_text(create_app(Settings.model_construct(), db).openapi(), indent=1) + "\n"
    finally:
        db.dispose()
