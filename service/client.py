"""A client for the service: every verb of the API as a method, every failure as one clear error.

    with Client("http://127.0.0.1:8000", token) as client:
        client.submit(spec)
        for study in client.follow("quickstart"):
            print(study.summary.runs_done)

Answers are the API's own models: `service.schemas`, and the records that these hold. A field that they do not know,
from a newer service, is ignored. `client.json` has the same verbs with the JSON values that the service sent.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol, Self, TypeVar
from urllib.parse import quote

import httpx2 as httpx
from pydantic import RootModel, TypeAdapter, ValidationError

from service import schemas
from service.client_errors import ClientError, ExitCode
from service.client_leases import LeaseVerbs
from service.client_workers import WorkerVerbs
from service.transport import Transport, study_path
from studies.comparison.model import ArmComparison
from studies.language.spec import StudySpec
from studies.records import FINAL_STATES
from studies.report.table1 import TableRow
from studies.storage.read_models import AuditEntry, Notice, RunRow, StudyDetail, StudySummary, TrialRow

if TYPE_CHECKING:
    from studies.foreign.judgement import JudgedTable

__all__ = ["Client", "ClientError", "ExitCode", "read"]

POLL_SECONDS = 1.0
AUDIT_PAGE = 500  # entries; the most that the service gives at once
T = TypeVar("T")
Study = StudySpec | Mapping[str, Any] | bytes  # bytes: a JSON document


class Listing(Protocol[T]):
    """A model of the API that lists items."""

    items: list[T]


class Client(LeaseVerbs, WorkerVerbs):
    """One service, one token. Every method raises ClientError where the service refuses or cannot be reached."""

    def __init__(
        self, base_url: str, token: str | None = None, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.base_url = base_url
        self._transport = Transport(base_url, token, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    @property
    def json(self) -> Any:
        """The same verbs over the same connection, each answer as the JSON values that the service sent."""
        return _JsonClient(self)

    # Studies

    def submit(self, study: Study, *, idempotency_key: str | None = None) -> StudyDetail:
        """Submit a study; a repeated submit of the same document gives the study that is there.

        Raises:
            TypeError: `study` is neither a study nor a mapping of JSON values nor bytes.
        """
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._one(StudyDetail, self._transport.post("/api/v1/studies", _document(study), headers=headers))

    def preview(self, study: Study, *, power: bool = False, pilot: str | None = None) -> schemas.PreviewOut:
        """Size and rough time of a study, and with `power` its chance to decide; stores nothing."""
        asked = {**({"power": "true"} if power else {}), **({"pilot": pilot} if pilot is not None else {})}
        content = self._transport.post("/api/v1/studies/preview", _document(study), params=asked)
        return self._one(schemas.PreviewOut, content)

    def studies(self, *, state: str | None = None, tag: str | None = None) -> Iterator[StudySummary]:
        """All studies, newest first; only those in a state, or with a tag."""
        named = {"state": state, "tag": tag}
        asked = {key: value for key, value in named.items() if value}
        return self._pages(schemas.StudyList, "/api/v1/studies", asked)

    def study(self, name: str) -> StudyDetail:
        """One study with its sweeps and document."""
        return self._get(StudyDetail, study_path(name))

    def pause(self, name: str) -> StudyDetail:
        """Let workers claim nothing more of a study."""
        return self._change(name, "pause")

    def resume(self, name: str) -> StudyDetail:
        """Let workers claim again."""
        return self._change(name, "resume")

    def cancel(self, name: str) -> StudyDetail:
        """End a study for good."""
        return self._change(name, "cancel")

    def edit(
        self,
        name: str,
        *,
        notes: str | None = None,
        tags: Sequence[str] | None = None,
        priority: int | None = None,
    ) -> StudyDetail:
        """Change notes, tags (all from now on) or priority of a study; None leaves a part as it is."""
        named = {"notes": notes, "tags": tags if tags is None else list(tags), "priority": priority}
        wanted = json.dumps({key: value for key, value in named.items() if value is not None})
        return self._one(StudyDetail, self._transport.patch(study_path(name), wanted.encode()))

    def extend(self, name: str, more: int, *, idempotency_key: str | None = None) -> StudyDetail:
        """Give each sweep of a search `more` further trials, or a cross-validation `more` further repeats.

        Repeated once where the answer is lost. A call under the same key within a week extends nothing again.
        """
        return self._extend(name, {"more": more}, idempotency_key)

    def extend_until_decided(self, name: str, max_runs: int, *, idempotency_key: str | None = None) -> StudyDetail:
        """Let a complete locate study run on, look by look, until it decides or `max_runs` further runs are planned.

        Repeated as `extend`.
        """
        return self._extend(name, {"until_decided": True, "max_runs": max_runs}, idempotency_key)

    def audit(self, name: str, *, limit: int) -> Iterator[AuditEntry]:
        """The latest changes of a study, which may be deleted, newest first."""
        asked = {"limit": str(min(limit, AUDIT_PAGE))}
        return islice(self._pages(schemas.AuditList, study_path(name, "audit"), asked), limit)

    def notices(self, *, study: str | None = None) -> Iterator[Notice]:
        """Notices of the last 30 days, newest first, a page at a time."""
        return self._pages(schemas.NoticeList, "/api/v1/notices", {} if study is None else {"study": study})

    def delete(self, name: str) -> None:
        """Delete a study with everything it measured."""
        self._transport.delete(study_path(name))

    def follow(self, name: str, *, poll_seconds: float = POLL_SECONDS) -> Iterator[StudyDetail]:
        """The study now, then again at each change, ending with its final state."""
        revision = None
        while True:
            content = self._transport.get(study_path(name))
            summary = read(_Followed, content).summary
            if summary.revision != revision:
                revision = summary.revision
                yield self._one(StudyDetail, content)
            if summary.state in FINAL_STATES:
                return
            time.sleep(poll_seconds)

    # What was measured, and what follows

    def trials(self, name: str, **filters: str) -> Iterator[TrialRow]:
        """Trials of a study; filters are `sweep`, `phase` and `state`."""
        return self._pages(schemas.TrialList, study_path(name, "trials"), {"limit": "1000", **filters})

    def runs(self, name: str, **filters: str) -> Iterator[RunRow]:
        """Runs of a study; the filter is `sweep`."""
        return self._pages(schemas.RunList, study_path(name, "runs"), {"limit": "1000", **filters})

    def verdict(
        self, name: str, *, objective: str | None = None, analysis: int | None = None
    ) -> schemas.LabelledVerdict:
        """The verdict, for the claim's objective or another, under the document's analysis or another."""
        named = {"objective": objective, "analysis": analysis}
        asked = {key: str(value) for key, value in named.items() if value is not None}
        return self._get(schemas.LabelledVerdict, study_path(name, "verdict"), asked)

    def judge(self, table: bytes, form: Literal["csv", "json"] = "csv", **options: str | int | bool) -> JudgedTable:
        """The verdict on trials measured elsewhere; nothing is stored.

        Args:
            table: the trials as text.
            form: of the text.
            options: of a CSV table: claim, measure, objective, points, images, looks, analysis, failed_as_diverged.
        """
        from studies.foreign.judgement import JudgedTable  # brings the analysis, which no other verb needs

        asked = {name: json.dumps(value) if isinstance(value, bool) else str(value) for name, value in options.items()}
        media = {"Content-Type": "text/csv" if form == "csv" else "application/json"}
        content = self._transport.post("/api/v1/verdicts", table, params=asked, headers=media)
        return self._one(JudgedTable, content)

    def objectives(self, name: str) -> schemas.ObjectiveVerdicts:
        """The verdict by every objective, side by side."""
        return self._get(schemas.ObjectiveVerdicts, study_path(name, "verdict/objectives"))

    def forecast(self, name: str) -> schemas.ForecastOut:
        """The further runs that would decide a study's undecided sweeps, and their time on the present workers."""
        return self._get(schemas.ForecastOut, study_path(name, "forecast"))

    def table(self, name: str) -> list[TableRow]:
        """Accuracies of a cross-validation, by sweep and point."""
        return self._items(schemas.Table, self._transport.get(study_path(name, "table")))

    def comparison(self, name: str) -> ArmComparison:
        """The arms of a study side by side."""
        return self._get(ArmComparison, study_path(name, "comparison"))

    def figure(self, name: str, kind: str, **options: str) -> dict[str, Any]:
        """A figure as Plotly JSON."""
        return self._get(dict[str, Any], study_path(name, f"figures/{kind}"), options)

    def report(self, name: str) -> dict[str, Any]:
        """The report: verdict, rows and everything needed to recompute it, as `studies.report` reads it."""
        return self._get(dict[str, Any], study_path(name, "report.json"))

    def report_bytes(self, name: str) -> bytes:
        """The report as the JSON text that the service sent."""
        return self._transport.get(study_path(name, "report.json"))

    def report_page(self, name: str, *, plotly: bool = True) -> bytes:
        """The report as one HTML file; without `plotly` the light form, which has no figures that can be zoomed."""
        return self._transport.get(study_path(name, "report.html"), params=None if plotly else {"plotly": "false"})

    def report_picture(self, name: str) -> bytes:
        """The answer of the report as one SVG file."""
        return self._transport.get(study_path(name, "report.svg"))

    def export(self, name: str, form: str, target: BinaryIO) -> None:
        """Write all runs to `target` as csv, json or parquet."""
        self._transport.download(study_path(name, f"export.{form}"), target)

    # The rest

    def catalogue(self) -> list[schemas.CatalogueItem]:
        """Ready-made studies."""
        return self._items(schemas.CatalogueList, self._transport.get("/api/v1/catalogue"))

    def catalogue_study(self, name: str) -> schemas.CatalogueDetail:
        """One ready-made study with its document."""
        return self._get(schemas.CatalogueDetail, f"/api/v1/catalogue/{quote(name, safe='')}")

    def schema(self) -> dict[str, Any]:
        """JSON Schema of a study document."""
        return self._get(dict[str, Any], "/api/v1/schema")

    def caller(self) -> schemas.CallerOut:
        """Name and scopes under which the service knows this client."""
        return self._get(schemas.CallerOut, "/api/v1/caller")

    def webhooks(self) -> schemas.WebhookList:
        """The webhooks that the operator set, and what became of their deliveries."""
        return self._get(schemas.WebhookList, "/api/v1/webhooks")

    def test_webhook(self, name: str) -> schemas.WebhookTested:
        """Send a test to a webhook."""
        path = f"/api/v1/webhooks/{quote(name, safe='') or '-'}/test"
        return self._one(schemas.WebhookTested, self._transport.post(path))

    def ready(self) -> schemas.Ready:
        """Readiness of the service."""
        return self._get(schemas.Ready, "/readyz")

    def version(self) -> schemas.Version:
        """Versions of the service, of its analysis and of its study documents."""
        return self._get(schemas.Version, "/version")

    # Reading

    def _get(self, model: type[T], path: str, params: dict[str, str] | None = None) -> T:
        return self._one(model, self._transport.get(path, params))

    def _change(self, name: str, verb: str, content: bytes = b"") -> StudyDetail:
        return self._one(StudyDetail, self._transport.post(study_path(name, verb), content))

    def _extend(self, name: str, wanted: dict[str, Any], key: str | None) -> StudyDetail:
        content, headers = json.dumps(wanted).encode(), {"Idempotency-Key": key or uuid.uuid4().hex}
        return self._one(StudyDetail, self._transport.post(study_path(name, "extend"), content, headers=headers))

    def _pages(self, model: type[Listing[T]], path: str, params: dict[str, str]) -> Iterator[T]:
        while True:
            content = self._transport.get(path, params)
            yield from self._items(model, content)
            cursor = read(_Page, content).next_cursor
            if cursor is None:
                return
            params = {**params, "cursor": cursor}

    def _one(self, model: type[T], content: bytes) -> T:
        return read(model, content)

    def _items(self, model: type[Listing[T]], content: bytes) -> list[T]:
        return read(model, content).items


class _JsonClient(Client):
    """The verbs of a client without the models: nothing that the service sent is lost or renamed."""

    def __init__(self, client: Client) -> None:
        self.base_url = client.base_url
        self._transport = client._transport

    def _one(self, model: Any, content: bytes) -> Any:
        return read(_Anything, content).root

    def _items(self, model: Any, content: bytes) -> Any:
        return read(_Items, content).items


class _Anything(RootModel[Any]):
    """Any JSON value."""


@dataclass(frozen=True, slots=True)
class _Items:
    """A listing as JSON values."""

    items: list[Any]


@dataclass(frozen=True, slots=True)
class _Page:
    """The part of a page that leads to the next."""

    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class _Followed:
    """The part of a study that says whether it changed."""

    summary: StudySummary


def read(model: type[T], content: bytes) -> T:
    """An answer of the service as the model that the API has for it; fields that the model does not know are ignored.

    Raises:
        ClientError: the answer is not JSON, or lacks a field, or has another kind of value in it.
    """
    known: Any = model
    try:
        value: T = _adapter(known).validate_json(content, extra="ignore")
    except ValidationError as error:
        (first, *_) = error.errors(include_url=False, include_input=False)
        place = ".".join(map(str, first["loc"]))
        problem = f"{first['msg']} at `{place}`" if place else first["msg"]
        text = f"the service's answer cannot be read: {problem}; run one version of golden-study on both sides"
        raise ClientError(text, status=httpx.codes.OK, exit_code=ExitCode.FAILED) from None
    return value


@cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def _document(study: Study) -> bytes:
    """The JSON text of a study.

    Raises:
        TypeError: it is no study, or a mapping that is no JSON document; the message says what is taken.
    """
    if isinstance(study, bytes):
        return study
    if isinstance(study, StudySpec):
        return study.model_dump_json().encode()
    if not isinstance(study, Mapping):
        raise TypeError(
            f"a study is a StudySpec, a mapping or the bytes of a JSON document, not {type(study).__name__}"
        )
    try:
        return json.dumps(dict(study), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"a study that is a mapping holds JSON values only: {error}") from None
