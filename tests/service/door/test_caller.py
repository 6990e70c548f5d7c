"""Every change is noted with the name of its caller."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.door.security import login_code

TOKEN = "a-token-for-tests-0123456789"
STUDIES = "/api/v1/studies"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
VERBS = ("pause", "resume", "extend", "cancel", "delete")


def change(client: TestClient, verb: str, **headers: str) -> None:
    if verb == "delete":
        answer = client.delete(f"{STUDIES}/small", headers=headers)
    else:
        content = {"more": 4} if verb == "extend" else None
        answer = client.post(f"{STUDIES}/small/{verb}", headers=headers, json=content)
    assert answer.status_code in (200, 204), answer.text


def actors(client: TestClient, **headers: str) -> dict[str, str]:
    items = client.get(f"{STUDIES}/small/audit", headers=headers).json()["items"]
    return {item["action"]: item["actor"] for item in items}


@pytest.mark.parametrize("sent", [{}, BEARER])
def test_where_no_token_is_in_force_the_caller_is_local(
    api: TestClient, document: dict[str, Any], sent: dict[str, str]
) -> None:
    api.post(STUDIES, json=document, headers=sent)
    for verb in VERBS:
        change(api, verb, **sent)
    assert actors(api) == dict.fromkeys(("submit", *VERBS), "local")


def test_a_token_has_one_name_whether_it_came_by_itself_or_by_a_session(
    locked: TestClient, document: dict[str, Any]
) -> None:
    assert locked.post(STUDIES, json=document, headers=BEARER).status_code == 201
    locked.get("/login", params={"code": login_code(TOKEN)}, follow_redirects=False)
    for verb in VERBS:
        change(locked, verb)
    assert actors(locked) == {"submit": "token", **dict.fromkeys(VERBS, "token")}
    locked.post(STUDIES, json=document)
    change(locked, "pause", **BEARER)
    found = locked.get(f"{STUDIES}/small/audit?limit=2", headers=BEARER).json()["items"]
    assert [(item["action"], item["actor"]) for item in found] == [("pause", "token"), ("submit", "token")]
