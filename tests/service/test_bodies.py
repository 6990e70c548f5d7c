"""Bodies of another kind: every route that takes one refuses it with the header at fault and the cure."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from problem_documents import assert_problem

ROUTES = {
    "/api/v1/studies": "send the study as application/json or application/toml",
    "/api/v1/studies/preview": "send the study as application/json or application/toml",
    "/api/v1/studies/none/extend": "send the extension as application/json",
    "/api/v1/verdicts": "send the trials as application/json or text/csv",
}
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("media", ["", "text/plain", "application/yaml", FORM, MULTIPART, "application/jsonx", "json"])
def test_another_media_type(unchanged_api: TestClient, path: str, media: str) -> None:
    body = assert_problem(unchanged_api.post(path, content=b'{"more": 1}', headers={"Content-Type": media}), 415)
    (error,) = body["errors"]
    assert error["field"] == "Content-Type"
    assert error["message"].startswith(ROUTES[path])
    assert error["message"].endswith(media.partition(";")[0] or "no type")


@pytest.mark.parametrize("path", ROUTES)
def test_a_compressed_body(unchanged_api: TestClient, path: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "GZIP"}
    body = assert_problem(unchanged_api.post(path, content=b"\x1f\x8b", headers=headers), 415)
    assert [error["field"] for error in body["errors"]] == ["Content-Encoding"]


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b" \n", "the body is empty; send "),
        (b"{", "not well-formed JSON"),
        (b'{"x": 1, "x": 2}', "appears more than once in its object; keep one"),
        (b'{"x": "\\ud800"}', "half of a surrogate pair (line 1, column 8)"),
        (b'{"x": ' + b"9" * 5_000 + b"}", "is a whole number of more than 30 digits"),
        (b'{"x": ' + b"9" * 400 + b"}", "is a whole number of more than 30 digits"),
        (b'{"x": ' * 40 + b"1" + b"}" * 40, "is nested more than 32 levels deep"),
        (b"[" * 100_000, "nested too deeply"),
        (b'"x"', ""),
    ],
)
def test_json_that_no_route_takes(unchanged_api: TestClient, path: str, content: bytes, fault: str) -> None:
    body = assert_problem(unchanged_api.post(path, content=content, headers={"Content-Type": "application/json"}), 422)
    assert fault in body["errors"][0]["message"]
    assert b'"x"' not in content[1:8] or fault.startswith("is nested") or body["errors"][0]["field"] == "x"


@pytest.mark.parametrize("path", ROUTES)
def test_twenty_problems_and_a_count(unchanged_api: TestClient, path: str) -> None:
    content = "{" + ",".join(f'"{"k" * 100}{n}": 1' for n in range(1_000)) + "}"
    answer = unchanged_api.post(path, content=content.encode(), headers={"Content-Type": "application/json"})
    body = assert_problem(answer, 422)
    assert len(body["errors"]) == 20
    assert 980 <= body["unlisted_errors"] <= 981  # a study needs its name, a table its rows
    assert body["detail"].endswith(f"; and {19 + body['unlisted_errors']:,} more")
    assert len(answer.content) < 10_000
