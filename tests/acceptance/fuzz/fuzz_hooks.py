"""What schemathesis loads into its process: bodies of our own, checks of our own, and the ledger of what happened.

The environment names the caller (`FUZZ_CALLER`) and the ledger's file (`FUZZ_LEDGER`): one JSON line for each response.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
from pathlib import Path
from typing import Any

import schemathesis
from jsonschema import Draft202012Validator
from schemathesis import Case, Response
from schemathesis.checks import CheckContext
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from fuzz_bodies import Acceptable, csv_tables, read_toml, toml_documents
from fuzz_explanations import ACCEPTED, REJECTED, explained, problems_of
from planted import STUDIES, WORKER

from studies.language.spec import json_schema

CALLER = os.environ["FUZZ_CALLER"]
PLANTED_SHARE = 0.6  # of generated names that are replaced by a planted study's
JSON, TOML, CSV = "application/json", "application/toml", "text/csv"
_chance = random.Random(int(os.environ.get("FUZZ_SEED", "0")))
_ledger = Path(os.environ["FUZZ_LEDGER"])
_lock = threading.Lock()
_document = Draft202012Validator(json_schema())
_api: dict[str, Any] = {}  # the document that schemathesis reads

schemathesis.openapi.media_type(TOML, toml_documents())
schemathesis.openapi.media_type(CSV, csv_tables())


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Drop the examples of bodies that our strategies make: schemathesis wants them as bytes, which JSON has not."""
    _api.update(raw_schema)
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            contents = operation.get("requestBody", {}).get("content", {})
            for media in {TOML, CSV} & contents.keys():
                contents[media].pop("example", None)
                contents[media].pop("examples", None)
                if os.environ.get("FUZZ_BODIES") == "own":
                    contents.pop("application/json", None)


@schemathesis.hook
def before_call(context: Any, case: Case, kwargs: dict[str, Any]) -> None:
    """Ask about what is there, where a name was made up: what follows a 404 would be tried by nobody."""
    path = case.operation.path
    if path == "/api/v1/leases" and isinstance(case.body, dict) and case.body.get("wait") in range(1, 31):
        case.body = {**case.body, "wait": 0}  # it may, for half a minute
    named = case.meta is not None and not case.meta.is_negative_at(ParameterLocation.PATH)
    if not named or case.meta.phase.name.value == "stateful" or "{name}" not in path:
        return
    with _lock:
        if _chance.random() > PLANTED_SHARE:
            return
        if path.startswith("/api/v1/studies/"):
            case.path_parameters["name"] = _chance.choice(sorted(STUDIES))
        elif path.startswith("/api/v1/workers/"):
            case.path_parameters["name"] = WORKER


@schemathesis.check
def toml_means_json(ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """A TOML body is accepted only where it is TOML, and its document one that the schema allows."""
    if case.media_type == TOML and response.status_code < 300 and not _allowed(sent_body(response)):
        raise AssertionError(f"accepted {sent_body(response)[:300]!r}, which is no TOML or no study")
    return None


@schemathesis.check
def refusals_are_problems(ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """Every answer from 400 on is a problem with its status and a sentence, and shows no traceback."""
    if response.status_code < 400 or response.request.method == "HEAD":
        return None
    if response.headers.get("content-type", [""])[0] != "application/problem+json":
        raise AssertionError(f"{response.status_code} is {response.headers.get('content-type')}")
    body = response.json()
    if body["status"] != response.status_code or not body["detail"] or "Traceback" in response.text:
        raise AssertionError(f"{response.status_code} says {response.text[:300]}")
    return None


@schemathesis.check
def written_down(ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """Nothing to check: each response gets its line in the ledger."""
    _write(
        status=response.status_code,
        operation=case.operation.label,
        media=case.media_type,
        phase=case.meta.phase.name.value if case.meta else None,
        mode=case.meta.generation.mode.value if case.meta else None,
        seconds=response.elapsed,
        checks=[check.__name__ for check in ctx.internals.checks],
    )
    return None


@schemathesis.hook
def filter_failure(context: Any, failure: Failure, case: Case, response: Response) -> bool:
    """Write the failure down; only what nobody has explained is left to schemathesis."""
    check = CHECKS.get(type(failure).__name__, failure.title)
    if beside_the_point(check, case, response):
        return False
    why = list(dict.fromkeys(entry.why for entry in reasons(check, case, response)))
    request = response.request
    details: dict[str, Any] = {}
    if not why:
        details["request"] = f"{request.method} {request.url} {sent_body(response)[:3000]!r}"
        details["headers"] = {k: str(v) for k, v in request.headers.items() if k.lower() != "authorization"}
        details["response"] = f"{response.status_code} {response.headers} {response.text[:3000]}"
    _write(failed=check, operation=case.operation.label, why=why, text=f"{failure.title}: {failure.message}", **details)
    return not why


@schemathesis.hook
def after_network_error(context: Any, case: Case, request: Any) -> None:
    """Write down a request that was not answered at all."""
    _write(unanswered=f"{request.method} {request.url}", operation=case.operation.label)


def _write(**line: Any) -> None:
    with _lock, _ledger.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"caller": CALLER, **line}) + "\n")


def beside_the_point(check: str, case: Case, response: Response) -> bool:
    """True where schemathesis judges a body by what it takes it for, not by what it is.

    It takes an example with one member changed for a body that the document allows, although what the document says of
    several members together may rule it out.
    """
    if case.media_type == JSON and check == ACCEPTED:
        return not _documented(case, sent_body(response))
    if case.media_type not in (TOML, CSV) or check not in (ACCEPTED, REJECTED):
        return False
    if check == REJECTED:
        places = [place for place, part in case.meta.components.items() if part.mode.is_negative]
        return places in ([], [ParameterLocation.BODY])
    if case.media_type == TOML:
        return not _allowed(sent_body(response))
    return not isinstance(case.body, Acceptable)


def reasons(check: str, case: Case, response: Response) -> list[Any]:
    """Entries of the table that explain a failure."""
    try:
        answer = response.json()
    except ValueError:
        answer = None
    return explained(check, case.operation.label, problems_of(answer) if response.status_code >= 400 else [])


def sent_body(response: Response) -> bytes:
    """The body as it was sent."""
    body = response.request.body
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def _documented(case: Case, content: bytes) -> bool:
    """True for a JSON body that its schemas allow: the operation's, and the one of the study in it."""
    schema = case.operation.definition.raw["requestBody"]["content"][JSON]["schema"]
    body = json.loads(content)
    if not Draft202012Validator({**schema, "components": _api["components"]}).is_valid(body):
        return False
    studies = {"StudySpec": body, "TrialTable": body.get("document")}
    study = studies.get(schema["$ref"].rpartition("/")[2])
    return study is None or _document.is_valid(study)


def _allowed(content: bytes) -> bool:
    document = read_toml(content)
    return document is not None and _document.is_valid(document)


CHECKS = {
    "AcceptedNegativeData": REJECTED,
    "RejectedPositiveData": ACCEPTED,
    "UndefinedStatusCode": "status_code_conformance",
    "UndefinedContentType": "content_type_conformance",
    "UnsupportedMethodResponse": "unsupported_method",
    "IgnoredAuth": "ignored_auth",
    "UseAfterFree": "use_after_free",
    "EnsureResourceAvailability": "ensure_resource_availability",
    "MissingHeaderNotRejected": "missing_required_header",
    "ServerError": "not_a_server_error",
    "JsonSchemaError": "response_schema_conformance",
    "AllowHeaderMismatch": "allow_header_conformance",
}
