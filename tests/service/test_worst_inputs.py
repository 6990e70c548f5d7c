"""Every parser gets its worst 256 KiB, over HTTP and on the command line: it refuses in little time, memory and text.

Time is the processor's, of the server's process alone, so that a busy machine adds nothing. `/healthz` is asked all the
while; what the server computes between a question and its answer is what the asker waits for on an idle machine.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from processes import environment, served_at
from waiting import CEILING, exit_code, wait_until
from worst_inputs import CSV, CURSORS, FORMS, JSON, SIZE, TOML, fill

from service.cli import main
from service.client import ExitCode
from service.settings import sqlite_url
from studies.errors import SpecError
from studies.language.reading import read

STUDIES, TABLES = "/api/v1/studies", "/api/v1/verdicts"
MOST_ANSWERED = 64 * 1024  # bytes
MOST_SECONDS = 2.0  # of the processor for one input; the worst takes 0.3
MOST_WAITED = 0.2  # seconds of the processor between a question to `/healthz` and its answer
MOST_MEMORY = 128 * 2**20  # beyond what the idle server has
ATTEMPTS = 3  # of an input: whoever measures may be put to sleep between answer and clock
TICKS = os.sysconf("SC_CLK_TCK")
BODIES = {
    **{f"{path}: TOML, {what}": (path, "application/toml", body) for path in (STUDIES,) for what, body in TOML.items()},
    **{
        f"{path}: JSON, {what}": (path, "application/json", body)
        for path in (f"{STUDIES}/preview", TABLES, f"{STUDIES}/none/extend")
        for what, body in JSON.items()
    },
    **{f"{TABLES}: CSV, {what}": (TABLES, "text/csv", body) for what, body in CSV.items()},
    **{
        f"{path}: form, {what}": (path, media, body)
        for path in (STUDIES, TABLES, f"{STUDIES}/none/extend")
        for what, (media, body) in FORMS.items()
    },
}


@dataclass(frozen=True)
class RealServer:
    """A `golden serve` process."""

    address: str
    pid: int

    def ask(self, method: str, path: str, body: bytes = b"", media: str = "") -> tuple[int, bytes]:
        """Status and body of an answer."""
        connection = http.client.HTTPConnection(self.address, timeout=CEILING)
        try:
            connection.request(method, path, body or None, {"Content-Type": media} if media else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def seconds(self) -> float:
        """Processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self, name: str) -> int:
        """Bytes of memory: `VmRSS` now, `VmHWM` at most."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1]) * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """A server process that has parsed a study and a table before."""
    folder = tmp_path_factory.mktemp("worst")
    env = environment(sqlite_url(folder / "golden.db"), GOLDEN_WRITES_PER_MINUTE="100000", GOLDEN_ACCESS_LOG="false")
    log = folder / "log"
    command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--migrate"]
    with log.open("wb") as file, subprocess.Popen(command, env=env, stderr=file) as process:
        try:
            wait_until(lambda: b"\n" in log.read_bytes(), what="the server")
            address = urlsplit(served_at(log.read_text().splitlines()[0])).netloc
            found = RealServer(address, process.pid)
            assert found.ask("POST", f"{STUDIES}/preview", b'name = "warm"', "application/toml")[0] == 200
            assert found.ask("POST", TABLES, b"eta,alpha,value\n0.1,0.5,0.9\n", "text/csv")[0] == 200
            yield found
            assert b"Traceback" not in log.read_bytes()
        finally:
            process.terminate()
        assert exit_code(process) == 0


@contextmanager
def _polled(server: RealServer) -> Iterator[list[float]]:
    """Ask `/healthz` without pause; the list has the server's processor time during each answer."""
    waited: list[float] = []
    over = threading.Event()

    def poll() -> None:
        while not over.is_set():
            before = server.seconds()
            status, _ = server.ask("GET", "/healthz")
            waited.append(server.seconds() - before if status == 200 else float("inf"))

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        wait_until(lambda: len(waited) > 0, what="the first answer")
        yield waited
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize(("path", "media", "body"), BODIES.values(), ids=BODIES)
def test_a_body(server: RealServer, path: str, media: str, body: bytes) -> None:
    assert len(body) <= SIZE
    for attempt in range(1, ATTEMPTS + 1):
        before, resident = server.seconds(), server.memory("VmRSS")
        with _polled(server) as waited:
            status, answer = server.ask("POST", path, body, media)
        assert status == (415 if "form" in media else 422), answer[:300]
        assert len(answer) < MOST_ANSWERED
        assert b"sys." not in answer
        assert server.memory("VmRSS") - resident < MOST_MEMORY
        if max(waited) <= MOST_WAITED and server.seconds() - before < MOST_SECONDS:
            return
        assert attempt < ATTEMPTS, (
            f"`/healthz` waited for {max(waited):.2f} s, {server.seconds() - before:.2f} s in all"
        )


def test_all_of_them_together_need_little_memory(server: RealServer) -> None:
    for what, (path, media, body) in BODIES.items():
        assert server.ask("POST", path, body, media)[0] in {415, 422}, what
    assert server.memory("VmHWM") < server.memory("VmRSS") + MOST_MEMORY


@pytest.mark.parametrize("cursor", CURSORS)
@pytest.mark.parametrize("path", [STUDIES, f"{STUDIES}/warm/trials", f"{STUDIES}/warm/runs", "/", "/studies/warm"])
def test_a_cursor(server: RealServer, path: str, cursor: str) -> None:
    if path != STUDIES and server.ask("GET", f"{STUDIES}/warm")[0] != 200:
        assert server.ask("POST", STUDIES, b'name = "warm"', "application/toml")[0] == 201
    for query in ("", "&sort=value", "&sort=-value") if path.endswith(("trials", "/warm")) else ("",):
        status, answer = server.ask("GET", f"{path}?cursor={cursor}{query}")
        known = cursor == ("WzFd" if path in (STUDIES, "/") else "WzEsMV0") and not query  # [1] and [1,1]
        assert status == 422 or (known and status == 200), (query, answer[:200])
        assert len(answer) < MOST_ANSWERED


@pytest.mark.parametrize(
    "query",
    ["&".join(["limit=1"] * 1_000), "&".join(f"p{n}" for n in range(1_200)), "=" * 8_000, "limit=" + "9" * 8_000],
)
def test_a_query(server: RealServer, query: str) -> None:
    with _polled(server) as waited:
        status, answer = server.ask("GET", f"{STUDIES}?{query}")
    assert status == 422
    assert len(answer) < MOST_ANSWERED
    assert sorted(waited)[len(waited) // 2] <= MOST_WAITED


def _is_object(body: bytes) -> bool:
    """True for a JSON object, which `golden verify` compares with a report: exit code 1."""
    try:
        return isinstance(read(body, "json"), dict)
    except SpecError:
        return False


FILES = {
    **{f"preview, TOML, {what}": (["preview", "{}"], body) for what, body in TOML.items()},
    **{f"preview, JSON, {what}": (["preview", "{}"], body) for what, body in JSON.items() if body[:1] == b"{"},
    **{f"preview --set, {what}": (["preview", "{}", "--set", "seed=1"], body) for what, body in JSON.items()},
    **{f"verify, {what}": (["verify", "{}"], body) for what, body in JSON.items() if not _is_object(body)},
    **{f"verdict --from, {what}": (["verdict", "--from", "{}"], body) for what, body in CSV.items()},
    **{f"--document, {what}": (["verdict", "--from", "{}", "--document", "{}"], body) for what, body in TOML.items()},
}


@pytest.mark.parametrize(("command", "body"), FILES.values(), ids=FILES)
def test_a_file(command: list[str], body: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_bytes(body)
    _refused([part.replace("{}", str(tmp_path / "file")) for part in command], capsys)


@pytest.mark.parametrize(
    "override",
    [
        "title=" + "[" * 5_000,
        "title=" + "9" * 250_000,
        'design={"kind":"search","kind":"locate"}',
        "contexts.².images=3",
        "contexts.１.images=3",
        "contexts.0_0.images=3",
        f"contexts.{'9' * 5_000}.images=3",
        "a." * 50_000 + "b=1",
        "contexts" + ".*" * 20 + "=1",
        "*" * 100_000,
        "title=\udcff",
        "seed=1_0",
        "seed=１",
        "seed=NaN",
        "contexts=" + fill("{},", "[", "{}]").decode(),
        "claim=" + JSON["unknown keys"].decode(),
    ],
    ids=range(16),
)
def test_an_override(override: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.toml").write_text('name = "small"')
    _refused(["preview", str(tmp_path / "study.toml"), "--set", override], capsys)


def _refused(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Check that a command refuses what it is given: exit code 2, short lines, in little time and memory."""
    taken: list[float] = []
    while len(taken) < ATTEMPTS and min(taken, default=MOST_SECONDS) >= MOST_SECONDS:  # the first one also imports
        before = time.process_time()
        _refusal(command, capsys)
        taken.append(time.process_time() - before)
    assert min(taken) < MOST_SECONDS
    tracemalloc.start()  # only now, since it takes several times as long under it
    try:
        _refusal(command, capsys)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY


def _refusal(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Run a command and check what it says."""
    code = main(command)
    said = capsys.readouterr().err
    assert code == ExitCode.USAGE, said
    assert 1 <= len(said.splitlines()) <= 21
    assert all(line.startswith("error: ") and line.isprintable() and len(line) < 700 for line in said.splitlines())
    assert "sys." not in said


@pytest.mark.parametrize(
    "command", [["preview"], ["verify"], ["verdict", "--from"], ["verdict", "--from", "t.csv", "--document"]]
)
def test_what_is_no_file(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.toml")
    Path("folder.toml").mkdir()
    Path("t.csv").write_text("eta,alpha,value\n0.1,0.5,0.9\n")
    with Path("huge.toml").open("wb") as file:
        file.truncate(10**12)  # it takes no room
    for name in ("pipe.toml", "folder.toml", "/dev/zero", "none.toml", "x" * 5_000 + ".toml", "a\nb.toml"):
        assert main([*command, name]) == ExitCode.USAGE
        assert len(capsys.readouterr().err.splitlines()) == 1, name
    assert main([*command, "huge.toml"]) == ExitCode.USAGE
    assert "has more than" in capsys.readouterr().err


# The memory since the program began: `ru_maxrss` counts what the process that forked it had.
MEASURED = """
import re, sys, time
from service.cli import main
code = main(["verdict", "--from", sys.argv[1]])
with open("/proc/self/status") as status:
    print(time.process_time(), re.search(r"VmHWM:\\s+(\\d+)", status.read())[1])
sys.exit(code)
"""


def test_a_table_with_a_million_columns(tmp_path: Path) -> None:
    """In a process of its own, whose memory is measured."""
    file = tmp_path / "wide.csv"
    file.write_text("eta,alpha,value," + ",".join(f"eta{n}" for n in range(1_000_000)))
    done = subprocess.run([sys.executable, "-c", MEASURED, str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (ExitCode.USAGE, 1)
    assert "1,000,003 columns, more than 500" in done.stderr
    seconds, kilobytes = done.stdout.split()
    assert float(seconds) < 10.0  # most of it to start
    assert int(kilobytes) < 500 * 1024
