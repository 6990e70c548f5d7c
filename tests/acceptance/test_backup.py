"""The dumps of `deploy/backup`, against a real PostgreSQL: made, kept, found too old, restored, refused."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chaos import Fleet, finished, runs_done, submit
from invariants import check_at_rest, evidence_bytes
from postgres_server import PostgresServer, postgres_server
from waiting import wait_until

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "backup"
DAY = 86_400


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as running:
        yield running


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    processes = Fleet(tmp_path, forked=True)
    yield processes
    processes.kill()


class Backup:
    """The script on one database and one folder."""

    def __init__(self, server: PostgresServer, database: str, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.env = {
            **os.environ,
            "PATH": f"{server.bin}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(server.port),
            "PGUSER": "postgres",
            "PGDATABASE": database,
            "BACKUP_FOLDER": str(folder),
        }

    def __call__(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(SCRIPT), *words], env={**self.env, **env}, text=True, capture_output=True, check=False
        )

    def names(self) -> list[str]:
        """Dumps, oldest first."""
        return sorted(path.name for path in self.folder.glob("*.dump"))

    def age(self, name: str, seconds: float) -> None:
        """Make a dump older."""
        at = (self.folder / name).stat().st_mtime - seconds
        os.utime(self.folder / name, (at, at))

    def older(self, name: str) -> None:
        """Put a whole dump of that name there."""
        (self.folder / name).write_bytes(b"dump")
        (self.folder / f"{name}.sha256").write_text(f"{hashlib.sha256(b'dump').hexdigest()}  {name}\n")


@pytest.fixture
def backup(server: PostgresServer, tmp_path: Path) -> Backup:
    return Backup(server, server.create(migrated=True), tmp_path / "dumps")


def test_f42_a_scheduled_dump_taken_mid_study_resumes_elsewhere(
    server: PostgresServer, backup: Backup, fleet: Fleet
) -> None:
    """The dump restored as the manual says, while the first database goes on: both report the same in the end."""
    name = backup.env["PGDATABASE"]
    with server.open(name) as db:
        submit(db)
        fleet.worker(server.url(name), "--max-lanes", "2", "--lease-seconds", "2")
        wait_until(lambda: runs_done(db, "small") > 4, what="a first result")
        made = backup("once")
        assert (made.returncode, made.stderr) == (0, "")
        (dump,) = backup.names()
        restored = f"{name}_restored"
        assert backup("restore", dump, restored).returncode == 0
        with server.open(restored) as copy:
            assert 4 < runs_done(copy, "small") < 128, "the dump was taken mid-study"
            fleet.worker(server.url(restored), "--lease-seconds", "2")
            for each in (db, copy):
                wait_until(lambda each=each: finished(each, "small"), what="the end of the study")
                check_at_rest(each, "small")
            assert evidence_bytes(copy, "small") == evidence_bytes(db, "small")


def test_a_dump_is_for_its_owner_and_has_its_checksum_beside_it(backup: Backup) -> None:
    assert backup("once").returncode == 0
    (name,) = backup.names()
    dump = backup.folder / name
    assert dump.stat().st_mode & 0o077 == 0
    digest, of = (backup.folder / f"{name}.sha256").read_text().split()
    assert (digest, of) == (hashlib.sha256(dump.read_bytes()).hexdigest(), name)
    assert not list(backup.folder.glob("*.part"))


def test_the_newest_are_kept(backup: Backup) -> None:
    for day in range(1, 6):
        backup.older(f"golden-2026010{day}T000000Z.dump")
    assert backup("once", BACKUP_KEEP="3").returncode == 0
    names = backup.names()
    assert names[:2] == ["golden-20260104T000000Z.dump", "golden-20260105T000000Z.dump"]
    assert len(names) == 3
    assert {f"{name}.sha256" for name in names} == {path.name for path in backup.folder.glob("*.sha256")}


def test_a_dump_that_fails_costs_no_earlier_one_and_leaves_nothing(backup: Backup) -> None:
    backup.older("golden-20260101T000000Z.dump")
    done = backup("once", BACKUP_KEEP="1", PGDATABASE="no_such_database")
    assert done.returncode != 0
    assert "earlier ones are kept" in done.stderr
    assert sorted(path.name for path in backup.folder.iterdir() if path.name != ".lock") == [
        "golden-20260101T000000Z.dump",
        "golden-20260101T000000Z.dump.sha256",
    ]


def test_what_was_cut_off_is_removed_by_the_next(backup: Backup) -> None:
    (backup.folder / "golden-20260101T000000Z.dump.part").write_bytes(b"half")
    assert backup("once").returncode == 0
    assert not list(backup.folder.glob("*.part"))


def test_health_is_the_age_of_the_newest_dump(backup: Backup) -> None:
    assert backup("healthy").returncode != 0, "there is none yet"
    backup("once")
    (name,) = backup.names()
    assert backup("healthy").returncode == 0
    backup.age(name, 2 * DAY - 600)
    assert backup("healthy").returncode == 0
    backup.age(name, 601)
    assert backup("healthy").returncode != 0
    assert backup("healthy", BACKUP_SECONDS=str(2 * DAY)).returncode == 0


def test_two_dumps_within_one_second_are_two(backup: Backup) -> None:
    now = datetime.now(UTC)
    taken = [f"golden-{now + timedelta(seconds=each):%Y%m%dT%H%M%SZ}.dump" for each in range(4)]
    for name in taken:
        backup.older(name)
    assert backup("once").returncode == 0
    assert len(backup.names()) == len(taken) + 1
    assert {(backup.folder / name).read_bytes() for name in taken} == {b"dump"}


def test_it_dumps_by_the_clock_and_not_at_each_start(backup: Backup) -> None:
    backup("once")
    first = backup.names()
    with _by_the_clock(backup) as process:
        wait_until(lambda: _children(process) == ["sleep"], what="the pause")
        assert backup.names() == first
    backup.age(first[0], 3601)
    with _by_the_clock(backup):
        wait_until(lambda: len(backup.names()) == 2, what="a second dump")


@contextmanager
def _by_the_clock(backup: Backup) -> Iterator[subprocess.Popen[bytes]]:
    """The script as a service runs it, at an hour's interval; its pause ends with it."""
    env = {**backup.env, "BACKUP_SECONDS": "3600"}
    process = subprocess.Popen(["sh", str(SCRIPT)], env=env, start_new_session=True)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _children(process: subprocess.Popen[bytes]) -> list[str]:
    """The programs that a process runs now."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    names = []
    for pid in listed:
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            names.append(Path(f"/proc/{pid}/comm").read_text().strip())
    return names


def test_a_damaged_dump_is_not_restored(server: PostgresServer, backup: Backup) -> None:
    backup("once")
    (name,) = backup.names()
    with (backup.folder / name).open("r+b") as file:
        file.seek(-10, os.SEEK_END)
        file.write(b"0123456789")
    before = server.execute("SELECT count(*) FROM pg_database")
    done = backup("restore", name, "golden_from_damaged")
    assert (done.returncode, "is not what was dumped" in done.stderr) == (1, True)
    assert server.execute("SELECT count(*) FROM pg_database") == before


def test_a_restore_that_fails_half_way_leaves_no_database(server: PostgresServer, backup: Backup) -> None:
    backup.older("golden-20260101T000000Z.dump")  # its checksum is right, but it is no archive
    assert backup("restore", "golden-20260101T000000Z.dump", "golden_half").returncode == 1
    assert server.execute("SELECT count(*) FROM pg_database WHERE datname = 'golden_half'") == 0


def test_a_database_that_is_there_is_not_overwritten(backup: Backup) -> None:
    backup("once")
    (name,) = backup.names()
    done = backup("restore", name, backup.env["PGDATABASE"])
    assert done.returncode != 0
    assert "already exists" in done.stderr


@pytest.mark.parametrize("words", [("restore",), ("restore", "one"), ("twice",)])
def test_what_it_does_not_know_is_refused(backup: Backup, words: tuple[str, ...]) -> None:
    done = backup(*words)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize("value", ["0", "-1", "1h", "", "1.5"])
@pytest.mark.parametrize("name", ["BACKUP_SECONDS", "BACKUP_KEEP"])
def test_a_bad_number_is_named(backup: Backup, name: str, value: str) -> None:
    done = backup("once", **{name: value})
    if value == "":
        assert done.returncode == 0, "an empty variable is none"
        return
    assert done.returncode == 2
    assert done.stderr.startswith(f"backup: {name} is '{value}'")
