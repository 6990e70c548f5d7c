"""Request ids."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient


@pytest.mark.parametrize("given", ["abc-1", "x" * 65, "a b", "a\tb", '"><script>', ""])
def test_request_ids_are_taken_over_if_harmless(api: TestClient, given: str) -> None:
    answer = api.get("/healthz", headers={"X-Request-Id": given})
    assert (answer.headers["x-request-id"] == given) is (given == "abc-1")
