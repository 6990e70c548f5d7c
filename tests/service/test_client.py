"""The client: the API's own models, JSON as it was sent, and every failure as one clear error."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient
from faulty_studies import FOUR_FAULTS, FOUR_PROBLEMS, many_faults
from golden_cli import TOKEN, Server

from service import schemas
from service.client import Client, ClientError, ExitCode, read
from service.queue_bodies import Queue
from studies.language.spec import parse
from studies.report.document import verify_report
from studies.storage.engine import Database
from studies.storage.read_models import RunRow, StudyDetail, StudySummary, TrialRow, WorkerRow
from studies.storage.workers import register

BASE = "http://127.0.0.1:8000"
Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def client(api: TestClient) -> Iterator[Client]:
    """A client of the application under test."""
    with Client(BASE, transport=api._transport) as client:
        yield client


def answering(handler: Handler) -> Client:
    """A client of a service that answers by `handler`."""
    return Client(BASE, transport=httpx.MockTransport(handler))


def test_answers_are_the_apis_own_models(client: Client, database: Database, measured: str) -> None:
    register(database, name="w", host="h", pid=1, device="cpu", version="1")
    study = client.study(measured)
    assert isinstance(study, StudyDetail)
    assert study.spec.claim_hash == study.summary.claim_hash
    assert [type(summary) for summary in client.studies()] == [StudySummary]
    assert {type(trial) for trial in client.trials(measured, sweep="sse@paper")} == {TrialRow}
    runs = list(client.runs(measured))
    assert {type(run) for run in runs} == {RunRow}
    assert len(runs) == 56
    assert isinstance(client.verdict(measured), schemas.LabelledVerdict)
    assert client.verdict(measured, objective="error").claimed is False
    assert len(client.objectives(measured).objectives) == 6
    assert client.forecast(measured).study == measured
    assert [type(worker) for worker in client.workers()] == [WorkerRow]
    assert client.drain("w").worker == "w"
    assert isinstance(client.queue(limit=3), Queue)
    assert (client.queue().workers, client.queue().studies) == (1, ())
    assert client.json.queue() == {"studies": [], "more": 0, "trials": 0, "held": [], "workers": 1}
    assert client.ready().workers == 1
    assert client.version().api == "v1"
    assert client.catalogue()[0].name == "quickstart"
    assert parse(client.catalogue_study("quickstart").study).name == "quickstart"
    assert client.table(measured) == []
    assert {"data", "layout"} <= client.figure(measured, "landscape", theme="dark").keys()
    assert verify_report(client.report(measured)) == []
    assert client.schema()["title"] == "StudySpec"


def test_the_client_judges_a_table(client: Client) -> None:
    rows = "".join(f"{0.01 * n},0.5,{0.9 - 0.01 * n}\n" for n in range(1, 9))
    found = client.judge(f"lr,momentum,acc\n{rows}".encode(), claim="lr=0.05,momentum=0.5", measure="acc:maximize")
    assert found.outcome == "inconclusive"
    assert client.json.judge(f"eta,alpha,value\n{rows}".encode(), failed_as_diverged=True)["claimed"] is True
    table = {"rows": [{"eta": 0.01 * n, "alpha": 0.5, "value": 0.9} for n in range(1, 9)]}
    assert client.judge(json.dumps(table).encode(), "json").sweeps[0].runs == 8


def test_json_is_what_was_sent_key_by_key(client: Client, api: TestClient, measured: str) -> None:
    sent = {
        "study": client.json.study(measured),
        "verdict": client.json.verdict(measured),
        "verdict/objectives": client.json.objectives(measured),
        "forecast": client.json.forecast(measured),
        "report.json": client.json.report(measured),
    }
    for rest, found in sent.items():
        address = f"/api/v1/studies/{measured}" + ("" if rest == "study" else f"/{rest}")
        assert json.dumps(found) == json.dumps(api.get(address).json())
    assert list(client.json.studies()) == api.get("/api/v1/studies").json()["items"]
    assert (
        list(client.json.trials(measured)) == api.get(f"/api/v1/studies/{measured}/trials?limit=1000").json()["items"]
    )
    assert client.json.catalogue() == api.get("/api/v1/catalogue").json()["items"]


def test_operators_verbs_give_the_study_as_it_is_then(client: Client, document: dict[str, Any]) -> None:
    assert client.submit(json.dumps(document).encode(), idempotency_key="k").summary.state == "queued"
    assert client.submit(parse(document)).summary.name == "small"
    assert client.preview(parse(document)).cost.runs == 16
    assert client.extend("small", 2).summary.runs_expected == 20
    assert [client.pause("small").summary.state, client.resume("small").summary.state] == ["paused", "queued"]
    assert client.cancel("small").summary.state == "cancelled"
    assert [study.summary.state for study in client.follow("small")] == ["cancelled"]
    assert [study["summary"]["state"] for study in client.json.follow("small")] == ["cancelled"]
    client.delete("small")
    with pytest.raises(ClientError) as refused:
        client.study("small")
    assert (refused.value.status, refused.value.exit_code) == (404, ExitCode.NOT_FOUND)


def test_an_export_is_streamed_into_a_file(client: Client, measured: str) -> None:
    target = io.BytesIO()
    client.export(measured, "csv", target)
    assert target.getvalue().count(b"\n") == 57
    with pytest.raises(ClientError, match="none"):
        client.export("none", "csv", io.BytesIO())


def test_pages_are_joined(client: Client, api: TestClient, document: dict[str, Any]) -> None:
    for number in range(3):
        api.post("/api/v1/studies", json={**document, "name": f"s{number}"})
    asked: list[str] = []

    def two_pages(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url.query, "ascii"))
        return httpx.Response(200, json=api.get(f"/api/v1/studies?limit=2&{asked[-1]}").json())

    names = ["s2", "s1", "s0"]
    assert [study.name for study in answering(two_pages).studies()] == names
    assert [study["name"] for study in answering(two_pages).json.studies()] == names
    assert len(asked) == 4


def test_a_poll_that_finds_nothing_new_is_read_from_memory(api: TestClient, measured: str) -> None:
    statuses: list[int] = []

    def watched(request: httpx.Request) -> httpx.Response:
        found = api.get(request.url.path, headers=dict(request.headers))
        statuses.append(found.status_code)
        return httpx.Response(found.status_code, content=found.content, headers={"etag": found.headers["etag"]})

    client = answering(watched)
    assert client.study(measured) == client.study(measured)
    assert client.json.study(measured)["summary"]["name"] == measured
    assert statuses == [200, 304, 304]


def test_fields_of_a_newer_service_are_ignored(api: TestClient, measured: str) -> None:
    body = api.get(f"/api/v1/studies/{measured}").json()
    known = read(StudyDetail, json.dumps(body).encode())
    for part in (body, body["summary"], body["spec"], body["spec"]["claim"], body["spec"]["design"], *body["sweeps"]):
        part["of_tomorrow"] = [1]
    for sweep in body["sweeps"]:
        sweep["phases"][0]["of_tomorrow"] = None
    assert read(StudyDetail, json.dumps(body).encode()) == known
    verdict = api.get(f"/api/v1/studies/{measured}/verdict").json()
    same = read(schemas.LabelledVerdict, json.dumps(verdict).encode())
    verdict["of_tomorrow"] = verdict["sweeps"][0]["of_tomorrow"] = verdict["sweeps"][0]["eta"]["of_tomorrow"] = 1
    assert read(schemas.LabelledVerdict, json.dumps(verdict).encode()) == same


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b'{"name": "golden-study"}', "Field required at `version`"),
        (b'{"name": "x", "version": 1}', "at `name`"),
        (b"<html>a proxy's page</html>", "Invalid JSON"),
        (b"", "Invalid JSON"),
    ],
)
def test_an_answer_that_cannot_be_read_is_one_sentence(content: bytes, text: str) -> None:
    with pytest.raises(ClientError) as refused:
        answering(lambda request: httpx.Response(200, content=content)).version()
    assert text in str(refused.value)
    assert str(refused.value).startswith("the service's answer cannot be read: ")
    assert "\n" not in str(refused.value)
    assert (refused.value.status, refused.value.exit_code) == (200, ExitCode.FAILED)


def test_json_of_an_answer_with_a_missing_field_is_still_printed() -> None:
    client = answering(lambda request: httpx.Response(200, json={"name": "golden-study"}))
    assert client.json.version() == {"name": "golden-study"}
    with pytest.raises(ClientError, match="Field required at `items`"):
        client.json.workers()


@pytest.mark.parametrize(
    ("response", "message", "code", "errors"),
    [
        (httpx.Response(409, json={"detail": "it is there"}), "it is there", ExitCode.CONFLICT, ()),
        (httpx.Response(502, content=b"<html>"), "the service answered 502 Bad Gateway", ExitCode.UNREACHABLE, ()),
        (httpx.Response(500, json=[]), "the service answered 500 Internal Server Error", ExitCode.FAILED, ()),
        (
            httpx.Response(422, json={"detail": "seed: x", "errors": [{"field": "seed", "message": "x"}]}),
            "seed: x",
            ExitCode.USAGE,
            (("seed", "x"),),
        ),
        (httpx.Response(401, json={"detail": "no token"}), "no token; set GOLDEN_TOKEN", ExitCode.FAILED, ()),
    ],
)
def test_a_refusal_names_fields_and_exit_code(
    response: httpx.Response, message: str, code: ExitCode, errors: tuple[tuple[str, str], ...]
) -> None:
    with pytest.raises(ClientError) as refused:
        answering(lambda request: response).study("x")
    assert (str(refused.value), refused.value.exit_code, refused.value.problems.listed) == (message, code, errors)


def test_reads_are_repeated_once_over_a_broken_connection_and_writes_never() -> None:
    asked: list[str] = []

    def broken(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        raise httpx.RemoteProtocolError("closed", request=request)

    for ask in (lambda client: client.study("x"), lambda client: client.pause("x")):
        with pytest.raises(ClientError, match="is `golden serve` running there") as refused:
            ask(answering(broken))
        assert (refused.value.status, refused.value.exit_code) == (0, ExitCode.UNREACHABLE)
    assert asked == ["GET", "GET", "POST"]


def test_a_study_is_extended_until_it_is_decided(client: Client, undecided: str) -> None:
    one_round = 24 + 6 * 7  # runs
    assert client.forecast(undecided).study == undecided
    assert client.extend_until_decided(undecided, one_round).summary.runs_granted == one_round


def test_a_false_token_is_refused_with_the_cure(golden: Server) -> None:
    with Client(golden.url, "a-false-token-0123456") as client, pytest.raises(ClientError, match="GOLDEN_TOKEN"):
        client.study("x")


def test_a_refused_study_brings_the_services_problems(golden: Server) -> None:
    with Client(golden.url, TOKEN) as client, pytest.raises(ClientError) as caught:
        client.submit(json.dumps(FOUR_FAULTS).encode())
    assert caught.value.problems.listed == tuple(FOUR_PROBLEMS)
    with Client(golden.url, TOKEN) as client, pytest.raises(ClientError) as caught:
        client.submit(json.dumps(many_faults(25)).encode())
    assert (len(caught.value.problems.listed), caught.value.problems.unlisted) == (20, 5)


def test_an_extension_is_repeated_under_its_key_after_a_lost_answer(api: TestClient, document: dict[str, Any]) -> None:
    api.post("/api/v1/studies", json=document)
    keys: list[str] = []

    def losing(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        found = api.post(request.url.path, content=request.content, headers=dict(request.headers))
        if len(keys) == 1:
            raise httpx.ReadTimeout("the answer is lost", request=request)
        return httpx.Response(found.status_code, content=found.content)

    assert answering(losing).extend("small", 2).summary.runs_expected == 20
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert answering(losing).extend("small", 2, idempotency_key=keys[0]).summary.runs_expected == 20
    assert answering(losing).extend("small", 2).summary.runs_expected == 24, "another call is another extension"


def test_a_client_says_who_it_is(client: Client) -> None:
    assert (client.caller().name, client.json.caller()["way"]) == ("local", "local")


def test_a_mapping_is_a_study_and_anything_else_is_one_clear_error(api: TestClient, document: dict[str, Any]) -> None:
    with Client("http://127.0.0.1:8000", transport=api._transport) as client:
        assert client.submit(document).summary.name == document["name"]
        assert client.preview(document).study == document["name"]
        for wrong, said in (("text", "not str"), (None, "not NoneType"), ({"seed": {1}}, "holds JSON values only")):
            with pytest.raises(TypeError, match=said):
                client.submit(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://127.0.0.1:1", "nonsense://x"])
def test_no_proxy_leads_to_this_machine_and_a_bad_one_is_named(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    for name in ("http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy)
    with Client("http://127.0.0.1:9") as client, pytest.raises(ClientError, match="golden serve"):
        client.version()
    with pytest.raises(ClientError, match="cannot"), Client("http://192.0.2.1:9") as client:
        client.version()
