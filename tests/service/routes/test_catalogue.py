"""Ready-made studies can be submitted as shown."""

from __future__ import annotations

from fastapi.testclient import TestClient

from studies.language.catalogue import entry
from studies.language.spec import parse


def test_catalogue_studies_can_be_submitted_as_shown(api: TestClient) -> None:
    items = api.get("/api/v1/catalogue").json()["items"]
    assert {"quickstart", "table-1", "golden-landscape", "batch-size-drift"} <= {item["name"] for item in items}
    shown = api.get("/api/v1/catalogue/quickstart").json()
    assert parse(shown["study"]) == parse(shown["toml"], form="toml") == entry("quickstart").spec
