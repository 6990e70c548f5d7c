"""A client for the service: every verb of the API as a method, every failure as one clear error.

    with Client("http://127.0.0.1:8000", token) as client:
        client.submit(spec)
        for study in client.follow("quickstart"):
            print(study["summary"]["runs_done"])

Answers are plain JSON values, as documented in the service's OpenAPI.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast
from urllib.parse import quote

import httpx2 as httpx

from studies.errors import GoldenError
from studies.language.spec import StudySpec
from studies.records import FINAL_STATES

TIMEOUT = httpx.Timeout(60.0, connect=5.0)  # a verdict on a large study may take a while
POLL_SECONDS = 1.0


class ExitCode(IntEnum):
    """What the command line ends with, by class of failure."""

    OK = 0
    FAILED = 1
    USAGE = 2  # bad options, bad study, bad input of any kind
    NOT_FOUND = 3
    UNREACHABLE = 4  # server or database
    CONFLICT = 5
    INTERRUPTED = 130


EXIT_BY_STATUS = {
    400: ExitCode.USAGE,
    404: ExitCode.NOT_FOUND,
    409: ExitCode.CONFLICT,
    413: ExitCode.USAGE,
    415: ExitCode.USAGE,
    422: ExitCode.USAGE,
    502: ExitCode.UNREACHABLE,
    503: ExitCode.UNREACHABLE,
    504: ExitCode.UNREACHABLE,
}


class ClientError(GoldenError, RuntimeError):
    """The service refused, failed or could not be reached.

    Attributes:
        status: HTTP status, 0 where there was no answer.
        exit_code: what a command line should end with.
        errors: (field, message) pairs, where the service named fields.
    """

    def __init__(
        self, message: str, *, status: int, exit_code: ExitCode, errors: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.exit_code = exit_code
        self.errors = errors


class Client:
    """One service, one token. Reads are repeated once over a broken connection; writes never are."""

    def __init__(
        self, base_url: str, token: str | None = None, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=TIMEOUT, transport=transport)
        self.base_url = base_url
        self._last: dict[str, tuple[str, Any]] = {}  # path -> (entity tag, answer): polling costs the service nothing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    # Studies

    def submit(self, study: StudySpec | bytes, *, idempotency_key: str | None = None) -> dict[str, Any]:
        """Submit a study; a repeated submit of the same document gives the study that is there."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._object("POST", "/api/v1/studies", content=_document(study), headers={**_JSON, **headers})

    def preview(self, study: StudySpec | bytes, *, power: bool = False, pilot: str | None = None) -> dict[str, Any]:
        """What a study would take, and with `power` how likely it is to decide; stores nothing."""
        asked: dict[str, Any] = {"power": "true"} if power else {}
        asked |= {"pilot": pilot} if pilot is not None else {}
        path = "/api/v1/studies/preview"
        return self._object("POST", path, content=_document(study), headers=_JSON, params=asked)

    def studies(self, *, state: str | None = None) -> Iterator[dict[str, Any]]:
        """All studies, newest first."""
        return self._items("/api/v1/studies", {"state": state} if state else {})

    def study(self, name: str) -> dict[str, Any]:
        """One study with its sweeps and document."""
        return self._object("GET", _path(name))

    def pause(self, name: str) -> dict[str, Any]:
        """Let workers claim nothing more of a study."""
        return self._object("POST", _path(name, "pause"))

    def resume(self, name: str) -> dict[str, Any]:
        """Let workers claim again."""
        return self._object("POST", _path(name, "resume"))

    def cancel(self, name: str) -> dict[str, Any]:
        """End a study for good."""
        return self._object("POST", _path(name, "cancel"))

    def extend(self, name: str, changes: dict[str, Any]) -> dict[str, Any]:
        """Give a study more to do: `{"more": n}`, or `{"until_decided": True, "max_runs": n}`."""
        return self._object("POST", _path(name, "extend"), json=changes)

    def extend_until_decided(self, name: str, max_runs: int) -> dict[str, Any]:
        """Let a complete locate study run on, look by look, until it decides or `max_runs` further runs are planned."""
        return self.extend(name, {"until_decided": True, "max_runs": max_runs})

    def delete(self, name: str) -> None:
        """Delete a study with everything it measured."""
        self._send("DELETE", _path(name))

    def follow(self, name: str, *, poll_seconds: float = POLL_SECONDS) -> Iterator[dict[str, Any]]:
        """The study now, then again at each change, ending with its final state."""
        revision = None
        while True:
            study = self.study(name)
            if study["summary"]["revision"] != revision:
                revision = study["summary"]["revision"]
                yield study
            if study["summary"]["state"] in FINAL_STATES:
                return
            time.sleep(poll_seconds)

    # What was measured, and what follows

    def trials(self, name: str, **filters: str) -> Iterator[dict[str, Any]]:
        """Trials of a study; filters are `sweep`, `phase` and `state`."""
        return self._items(_path(name, "trials"), {"limit": "1000", **filters})

    def runs(self, name: str, **filters: str) -> Iterator[dict[str, Any]]:
        """Runs of a study; the filter is `sweep`."""
        return self._items(_path(name, "runs"), {"limit": "1000", **filters})

    def verdict(self, name: str, *, objective: str | None = None) -> dict[str, Any]:
        """The verdict, for the claim's objective or another."""
        return self._object("GET", _path(name, "verdict"), params={"objective": objective} if objective else {})

    def forecast(self, name: str) -> dict[str, Any]:
        """What would decide a study's undecided sweeps, and how long that takes on the present workers."""
        return self._object("GET", _path(name, "forecast"))

    def table(self, name: str) -> list[dict[str, Any]]:
        """Accuracies of a cross-validation, by sweep and point."""
        return cast(list[dict[str, Any]], self._object("GET", _path(name, "table"))["items"])

    def figure(self, name: str, kind: str, **options: str) -> dict[str, Any]:
        """A figure as Plotly JSON."""
        return self._object("GET", _path(name, f"figures/{kind}"), params=options)

    def objectives(self, name: str) -> dict[str, Any]:
        """The verdict by every objective, side by side."""
        return self._object("GET", _path(name, "verdict/objectives"))

    def report(self, name: str) -> dict[str, Any]:
        """The report: verdict, rows and everything needed to recompute it."""
        return self._object("GET", _path(name, "report.json"))

    def report_bytes(self, name: str) -> bytes:
        """The report as the JSON text that the service sent."""
        return self._send("GET", _path(name, "report.json")).content

    def report_page(self, name: str) -> bytes:
        """The report as one HTML file."""
        return self._send("GET", _path(name, "report.html")).content

    def export(self, name: str, form: str, target: BinaryIO) -> None:
        """Write all runs to `target` as csv, json or parquet."""
        try:
            with self._http.stream("GET", _path(name, f"export.{form}")) as response:
                if response.is_error:
                    response.read()
                    raise _refused(response)
                for piece in response.iter_bytes():
                    target.write(piece)
        except httpx.TransportError as error:
            raise self._unreachable(error) from None

    # The rest

    def catalogue(self) -> list[dict[str, Any]]:
        """Ready-made studies."""
        return cast(list[dict[str, Any]], self._object("GET", "/api/v1/catalogue")["items"])

    def catalogue_study(self, name: str) -> dict[str, Any]:
        """One ready-made study with its document."""
        return self._object("GET", f"/api/v1/catalogue/{quote(name, safe='')}")

    def schema(self) -> dict[str, Any]:
        """JSON Schema of a study document."""
        return self._object("GET", "/api/v1/schema")

    def workers(self) -> list[dict[str, Any]]:
        """Worker processes."""
        return cast(list[dict[str, Any]], self._object("GET", "/api/v1/workers")["items"])

    def drain(self, worker: str) -> dict[str, Any]:
        """Ask a worker to finish what it holds and stop."""
        return self._object("POST", f"/api/v1/workers/{quote(worker, safe='')}/drain")

    def ready(self) -> dict[str, Any]:
        """Readiness of the service."""
        return self._object("GET", "/readyz")

    def version(self) -> dict[str, Any]:
        """What runs there."""
        return self._object("GET", "/version")

    # Transport

    def _items(self, path: str, params: dict[str, str]) -> Iterator[dict[str, Any]]:
        while True:
            page = self._object("GET", path, params=params)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            params = {**params, "cursor": page["next_cursor"]}

    def _object(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        if method != "GET" or options.get("params"):
            return cast(dict[str, Any], self._send(method, path, **options).json())
        tag, known = self._last.get(path, ("", None))
        response = self._send(method, path, headers={"If-None-Match": tag} if tag else {})
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return cast(dict[str, Any], known)
        answer = response.json()
        self._last = {path: (response.headers["etag"], answer)} if "etag" in response.headers else {}
        return cast(dict[str, Any], answer)

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        attempts = 2 if method == "GET" else 1
        for attempt in range(attempts):
            try:
                response = self._http.request(method, path, **options)
                break
            except httpx.RemoteProtocolError as error:  # an idle connection that the server closed meanwhile
                if attempt == attempts - 1:
                    raise self._unreachable(error) from None
            except (httpx.TransportError, httpx.InvalidURL) as error:
                raise self._unreachable(error) from None
        if response.is_error:
            raise _refused(response)
        return response

    def _unreachable(self, error: Exception) -> ClientError:
        text = f"cannot reach {self.base_url} ({error or type(error).__name__}); is `golden serve` running there?"
        return ClientError(text, status=0, exit_code=ExitCode.UNREACHABLE)


_JSON = {"Content-Type": "application/json"}


def save(content: bytes, path: Path, *, force: bool) -> None:
    """Write a file whole or not at all; an existing one only with `force`.

    Raises:
        FileExistsError: the file is there and `force` is not set.
        OSError: it cannot be written.
    """
    if path.exists() and not force:
        raise FileExistsError(f"{path} exists; add --force to overwrite it")
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def _document(study: StudySpec | bytes) -> bytes:
    return study if isinstance(study, bytes) else study.model_dump_json().encode()


def _path(name: str, rest: str = "") -> str:
    return f"/api/v1/studies/{quote(name, safe='') or '-'}" + (f"/{rest}" if rest else "")


def _refused(response: httpx.Response) -> ClientError:
    try:
        body = response.json()
        errors = tuple((e["field"], e["message"]) for e in body.get("errors", ()))
        message = str(body["detail"])
    except (ValueError, KeyError, TypeError, AttributeError):
        errors, message = (), f"the service answered {response.status_code} {response.reason_phrase}"
    code = EXIT_BY_STATUS.get(response.status_code, ExitCode.FAILED)
    if response.status_code == httpx.codes.UNAUTHORIZED:
        message += "; set GOLDEN_TOKEN"
    return ClientError(message, status=response.status_code, exit_code=code, errors=errors)
