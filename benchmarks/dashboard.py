"""What it costs to look at a study: these pages beside optuna-dashboard, both on one database.

    python benchmarks/dashboard.py [--quick] [--trials 2400 50000] [--rounds 5] [--json out.json]

It needs optuna-dashboard, in an environment of its own (`pip install optuna-dashboard`); the project does not.

A study of one sweep (which is one Optuna study) is filled with made-up results on SQLite; its first trial is still in
training, so that the study is alive. Both services are started and asked, in turn, for

- *opened*: what a browser fetches to show the study's state. Here: the page, which holds the answer and the landscape,
  and the figures that are not folded, gzipped as browsers ask (`everything_bytes` adds those that are); those that are
  unfolded together come in one answer, as the page's script asks for them. There: the page, `/api/meta`, the study's
  detail and `param_importances`, which is all that its study page asks for (its plots are drawn by its script); it is
  not gzipped, as it serves it. Styles and scripts, which browsers keep, are counted apart (`static`). Once just after
  the start (`cold`, in `once`), then once a round by a further browser.
- *polled*, once a round: one live look with nothing new. There: the detail from the first unfinished trial on, as its
  script asks every 10 seconds. Here: the page with its tag, answered 304, although the page itself would wait on one
  open stream (`stream_bytes_10s`: what comes over it in 10 seconds). `finished_poll`: as it asks where all is finished.

Bytes are those of answers on the wire, headers included. CPU-seconds are the service process's own, from its clock.
optuna-dashboard keeps trials for 10 seconds, so further looks and polls may cost it less here than in use. Figures are
medians of the rounds with their ranges; a ratio is made within a round. `gzip_bytes_ratio` supposes that
optuna-dashboard's answers were gzipped too; `static_bytes_ratio` counts styles and scripts. The first opening after a
start is measured once: here it also judges the study, which optuna-dashboard does not do.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout, without being installed

import httpx2 as httpx
import sqlalchemy as sa
from noop_worker import finished, submit_points
from processes import environment, free_port
from record import conditions, write
from stored_verdicts import processor_seconds
from waiting import exit_code, wait_until

from studies.storage import finishing, overview, queue
from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate

ROOT = Path(__file__).resolve().parents[1]
PAGE = "/studies/points"
SETTLED = 2.0  # seconds that a service may use to finish what it does after an answer or its start
STREAM_SECONDS = 10.0  # optuna-dashboard's time between polls
GOALS = {
    2_400: {"bytes_ratio": 30, "cpu_ratio": 30},
    50_000: {"bytes_ratio": 100, "cpu_ratio": 100, "poll_bytes_ratio": 10_000},
}


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--quick", action="store_true", help="300 trials, two rounds")
    parser.add_argument("--trials", type=int, nargs="+", default=[2_400, 50_000], help="sizes of the study")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each size")
    parser.add_argument("--databases", type=Path, help="folder that keeps the filled databases, to use them again")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    sizes, rounds = ([300], 2) if options.quick else (options.trials, options.rounds)
    figures: dict[str, Any] = {"conditions": conditions("optuna", "optuna-dashboard", "sqlalchemy"), "cases": []}
    for trials in sizes:
        figures["cases"].append(measure(trials, rounds, options.databases))
        print(json.dumps(figures["cases"][-1], indent=1), flush=True)
        write(figures, options.json)
    print(json.dumps(figures["conditions"]))
    return 0


def measure(trials: int, rounds: int, kept: Path | None) -> dict[str, Any]:
    """All figures of a study of this size."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{kept or folder}/dashboard-{trials}.db"
        number = filled(url, trials)
        first: dict[str, float] = {}
        found: list[dict[str, float]] = []
        with ours(url) as here, theirs(url) as there:
            sides = ("ours", here), ("theirs", there)
            for who, side in sides:
                first |= named(f"{who}_cold", side.opened(number))
            first["cold_cpu_ratio"] = first["theirs_cold_cpu"] / first["ours_cold_cpu"]
            first["ours_stream_bytes_10s"] = here.streamed()
            first |= {f"{who}_static_bytes": side.static(number) for who, side in sides}
            for done in range(rounds):
                found.append(one_round(here, there, number, trials, first))
                print(f"{trials} trials, round {done + 1}: {first | found[-1]}", file=sys.stderr, flush=True)
    shown = {key: spread([each[key] for each in found]) for key in found[0]}
    met = {key: shown[key]["median"] >= goal for key, goal in GOALS.get(trials, {}).items()}
    return {"trials": trials, "n": rounds, **shown, "once": first, "goals_met": met}


def spread(values: list[float]) -> dict[str, float]:
    """Median and range."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def filled(url: str, trials: int) -> int:
    """A database with a study of which all trials but the first are finished; the number of its Optuna study."""
    db = open_database(url)
    migrate(db)
    if not overview.list_page(db).items:
        submit_points(db, points=trials, losses=["golden"])
        first = queue.claim(db, worker="slow", limit=1, lease_seconds=1e6)
        assert first is not None
        left = trials - 1
        while left:
            left -= finish_block(db)
    with db.read() as connection:
        number = int(connection.execute(sa.text("SELECT study_id FROM studies")).scalar_one())
    db.dispose()
    return number


def finish_block(db: Database) -> int:
    """Finishes the trials of a block; how many."""
    batch = queue.claim(db, worker="quick", limit=50, lease_seconds=600)
    assert batch is not None, "nothing waits"
    return sum(finishing.finish(db, finished(batch.trials)))


def one_round(here: Side, there: Side, number: int, trials: int, first: dict[str, float]) -> dict[str, float]:
    """Both services, opened once more and polled: figures by name."""
    found = {**named("ours", here.opened(number)), **named("theirs", there.opened(number))}
    found |= named("ours_poll", here.polled(PAGE, {"If-None-Match": here.tag}, status=304))
    for what, after in (("theirs_poll", 0), ("theirs_finished_poll", trials)):
        found |= named(what, there.polled(f"/api/studies/{number}?after={after}", {}, status=200))
    return {**found, **ratios(found, first)}


def named(who: str, figures: dict[str, float]) -> dict[str, float]:
    """Figures under longer names."""
    return {f"{who}_{key}": value for key, value in figures.items()}


def ratios(found: dict[str, float], first: dict[str, float]) -> dict[str, float]:
    """Theirs over ours, within a round."""
    with_static = {who: found[f"{who}_bytes"] + first[f"{who}_static_bytes"] for who in ("ours", "theirs")}
    return {
        "bytes_ratio": found["theirs_bytes"] / found["ours_bytes"],
        "everything_bytes_ratio": found["theirs_bytes"] / found["ours_everything_bytes"],
        "gzip_bytes_ratio": found["theirs_gzip_bytes"] / found["ours_bytes"],
        "static_bytes_ratio": with_static["theirs"] / with_static["ours"],
        "cpu_ratio": found["theirs_cpu"] / found["ours_cpu"],
        **{
            f"{poll}_{what}_ratio": found[f"theirs_{poll}_{what}"] / found[f"ours_poll_{what}"]
            for poll in ("poll", "finished_poll")
            for what in ("bytes", "cpu")
        },
    }


class Side:
    """A service that was started, and a client that keeps its connection, as a browser does."""

    def __init__(self, process: subprocess.Popen[bytes], client: httpx.Client) -> None:
        self.process = process
        self.client = client

    def opened(self, number: int) -> dict[str, float]:
        """The study's page and all that it shows: CPU-seconds and bytes."""
        raise NotImplementedError

    def page(self, number: int) -> str:
        """The address of the study's page."""
        raise NotImplementedError

    def polled(self, address: str, headers: dict[str, str], *, status: int) -> dict[str, float]:
        """One request: CPU-seconds and bytes."""
        before = self.spent()
        answer, size = self.get(address, headers)
        assert answer.status_code == status, (address, answer.status_code)
        return {"cpu": self.spent() - before, "bytes": size}

    def static(self, number: int) -> float:
        """Bytes of the scripts and styles that the page names."""
        text = self.get(self.page(number))[0].text
        found = re.findall(r'<(?:script|link)[^>]* (?:src|href)="(/[^"]+)"', text)
        return float(sum(self.get(address)[1] for address in found))

    def get(self, address: str, headers: dict[str, str] | None = None) -> tuple[httpx.Response, int]:
        """An answer and its bytes on the wire."""
        answer = self.client.get(address, headers=headers)
        assert answer.status_code in (200, 304), (address, answer.status_code, answer.text[:300])
        head = sum(len(key) + len(value) + 4 for key, value in answer.headers.raw)
        return answer, answer.num_bytes_downloaded + head + len("HTTP/1.1 200 OK\r\n\r\n")

    def spent(self) -> float:
        """CPU-seconds of the service so far, once it rests."""
        last = processor_seconds(self.process.pid)
        for _ in range(100):
            time.sleep(0.1)
            now = processor_seconds(self.process.pid)
            if now - last < 0.002:
                break
            last = now
        return now


class Ours(Side):
    """This project's service."""

    tag = ""

    def opened(self, number: int) -> dict[str, float]:
        """See `Side`; also the wall seconds to the page and to the last figure, and the bytes of everything."""
        before, started = self.spent(), time.perf_counter()
        answer, size = self.get(self.page(number))
        self.tag = answer.headers["etag"]
        page, figures = time.perf_counter() - started, Figures(answer.text)
        size += sum(self.get(f"{address}&theme=light")[1] for address in figures.fetched)
        seconds, cpu = time.perf_counter() - started, self.spent() - before
        everything = size + sum(self.get(f"{address}&theme=light")[1] for address in figures.folded)
        return {"cpu": cpu, "bytes": size, "everything_bytes": everything, "page_seconds": page, "seconds": seconds}

    def page(self, number: int) -> str:
        """See `Side`."""
        return PAGE

    def streamed(self) -> float:
        """Bytes that an open event stream carries within 10 seconds after its first event, with nothing new."""
        size, since = 0, 0.0
        timeout = httpx.Timeout(10.0, read=STREAM_SECONDS)
        try:
            with self.client.stream("GET", f"/api/v1{PAGE}/events", timeout=timeout) as answer:
                for chunk in answer.iter_raw():
                    size, since = (size + len(chunk), since) if since else (0, time.monotonic())
                    if time.monotonic() - since > STREAM_SECONDS:
                        break
        except httpx.ReadTimeout:
            pass  # nothing came at all, as it should be
        return float(size)


class Theirs(Side):
    """optuna-dashboard."""

    def opened(self, number: int) -> dict[str, float]:
        """See `Side`; also the bytes that it would be if it were gzipped, and the wall seconds to the end."""
        before, started, size, zipped = self.spent(), time.perf_counter(), 0, 0
        detail = f"/api/studies/{number}"
        for address in (self.page(number), "/api/meta", f"{detail}?after=0", f"{detail}/param_importances"):
            answer, came = self.get(address)
            size += came
            zipped += came - answer.num_bytes_downloaded + len(gzip.compress(answer.content, 6))
        seconds = time.perf_counter() - started
        return {"cpu": self.spent() - before, "bytes": size, "gzip_bytes": zipped, "seconds": seconds}

    def page(self, number: int) -> str:
        """See `Side`."""
        return f"/dashboard/studies/{number}"


class Figures(HTMLParser):
    """Addresses of a page's figures: those that it shows, and those that are folded until somebody asks for them.

    Those that are shown are fetched as `static/figures.js` does: together where they are unfolded together.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.folded: list[str] = []
        self._shown: dict[object, list[tuple[str, str]]] = {}  # address and kind, by the nearest details
        self._open: list[bool] = []  # of the details around, the innermost last: whether it is unfolded
        self._where: list[tuple[int, int]] = []  # where each of them begins
        self._several = ""  # address of several figures, which lacks their kinds
        self.feed(text)

    @property
    def fetched(self) -> list[str]:
        """Addresses that are asked for those that are shown."""
        return [self._address(together) for together in self._shown.values()]

    def _address(self, together: list[tuple[str, str]]) -> str:
        if len(together) == 1 or not self._several:
            return together[0][0]
        return self._several + "".join(f"&kind={kind}" for _, kind in together)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes a figure, where several are fetched at once, or that something may be folded."""
        found = dict(attrs)
        self._several = found.get("data-figures") or self._several
        if tag == "details":
            self._open.append("open" in found)
            self._where.append(self.getpos())
        if address := found.get("data-figure"):
            if all(self._open):
                nearest = self._where[-1] if self._where else None
                self._shown.setdefault(nearest, []).append((address, found["data-kind"] or ""))
            else:
                self.folded.append(address)

    def handle_endtag(self, tag: str) -> None:
        """Notes the end of what may be folded."""
        if tag == "details":
            self._open.pop()
            self._where.pop()


@contextmanager
def ours(url: str) -> Iterator[Ours]:
    """This project's service, started."""
    port = free_port()
    command = [sys.executable, "-m", "service.cli", "serve", "--port", str(port)]
    env = environment(url, OPENBLAS_NUM_THREADS="1", GOLDEN_TICK_SECONDS="3600")
    with started(command, env, port, "/readyz") as (process, client):
        yield Ours(process, client)


@contextmanager
def theirs(url: str) -> Iterator[Theirs]:
    """optuna-dashboard, started."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("optuna-dashboard")), url, "--port", str(port)]
    with started(command, environment(url, OPENBLAS_NUM_THREADS="1"), port, "/api/meta") as (process, client):
        yield Theirs(process, client)


@contextmanager
def started(
    command: list[str], env: dict[str, str], port: int, ready: str
) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """A service, up and at rest."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=quiet, stderr=quiet)
    headers = {"Accept-Encoding": "gzip", "Accept": "text/html, */*"}
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=600, trust_env=False, headers=headers) as client:
            wait_until(lambda: answers(client, ready), what=command[-1], seconds=120)
            time.sleep(SETTLED)
            yield process, client
    finally:
        process.terminate()
        exit_code(process)


def answers(client: httpx.Client, address: str) -> bool:
    """True once the service answers."""
    try:
        return client.get(address).status_code == 200
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    sys.exit(main())
