"""The OpenAPI document of this program's API, as `docs/openapi.json` holds it."""

from __future__ import annotations

import json

from service.app import create_app
from service.settings import Settings
from studies.storage.engine import open_database


def document() -> str:
    """The document as text; no database is asked."""
    db = open_database("sqlite:////tmp/none.db")
    try:
        return json.dumps(create_app(Settings.model_construct(), db).openapi(), indent=1, ensure_ascii=False) + "\n"
    finally:
        db.dispose()
