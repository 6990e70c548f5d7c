"""The composed system for real: built, started, submitted to over HTTP, disturbed, compared with an undisturbed run.

    python tests/acceptance/compose/run.py [--no-build] [--against REPORT]        (or: make test-compose)

Twice, each time from nothing and in a project of its own: once while workers are scaled 1 -> 4 -> 2, a worker container
is killed, the database container restarted and a dump taken; once in peace. `deployed.py` says what must hold then.
Exit status 0 says so; 77 says that something is missing here and nothing was run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

import deployed
from deployed import ROOT, command, disturb, going_on, step, under_way
from processes import free_port
from waiting import wait_until

from service.client import Client

PROJECT = "golden-compose-test"
CONFINED = {"db": {"database"}, "worker": {"database"}, "backup": {"database"}}
CONFINED["service"] = {"database", "front", "metrics"}


class Composition:
    """`docker compose` on this repository's file, in its own project and on a free port, with dumps."""

    def __init__(self) -> None:
        self.base = f"http://127.0.0.1:{free_port()}"
        self._env = deployed.container_environment(self.base)

    def __call__(self, *words: str) -> str:
        """Run it; what it printed."""
        return command("docker", "compose", "-p", PROJECT, "--profile", "backup", *words, cwd=ROOT, env=self._env)

    def up(self, workers: int) -> None:
        """Start, or change the number of workers."""
        self("up", "--detach", "--no-build", "--no-recreate", "--scale", f"worker={workers}")

    def containers(self, service: str) -> list[str]:
        """Ids of the running containers of a service."""
        return self("ps", "--quiet", "--status", "running", service).split()

    def start(self) -> str:
        self.up(1)
        return deployed.secret("token")

    def disturb(self, client: Client) -> None:
        """Scale up, kill a worker, restart the database, dump, scale down: all while it trains."""
        under_way(client)
        self.assert_confined()
        disturb(client, "four workers", lambda: self.up(4))
        wait_until(lambda: len(self.containers("worker")) == 4, seconds=120, what="four containers")
        going_on(client)
        victim = self.containers("worker")[0]
        disturb(client, "killing a worker", lambda: command("docker", "kill", victim))
        disturb(client, "restarting the database", lambda: self("restart", "--timeout", "5", "db"))
        going_on(client)
        disturb(client, "a dump meanwhile", lambda: self("exec", "-T", "backup", "sh", "/backup", "once"))
        disturb(client, "another read token", self.rotate)
        disturb(client, "two workers", lambda: self.up(2))

    def rotate(self) -> None:
        """A running container sees the new read token, and it is in force without a restart."""
        before = deployed.secret("read_token")
        deployed.make_secrets("rotate", "read_token")
        seen = self("exec", "-T", "service", "cat", "/run/secrets/read_token").strip()
        assert seen == deployed.secret("read_token") != before, "the container has the former token"
        deployed.wait_for_token(self.base, seen)

    def assert_confined(self) -> None:
        """Every container has its limits and networks, and a worker does not reach the front."""
        for service, networks in CONFINED.items():
            (found,) = json.loads(command("docker", "inspect", self.containers(service)[0]))
            assert found["HostConfig"]["PidsLimit"] > 0, f"{service} may start any number of processes"
            names = {name.removeprefix(f"{PROJECT}_") for name in found["NetworkSettings"]["Networks"]}
            assert names == networks, service
        (service,) = json.loads(command("docker", "inspect", self.containers("service")[0]))
        front = service["NetworkSettings"]["Networks"][f"{PROJECT}_front"]["IPAddress"]
        assert self.reach("service", front) == "True"
        assert self.reach("worker", front) == "False", "a worker reaches the front"

    def reach(self, service: str, address: str) -> str:
        """ "True" if a container of a service can connect to port 8000 of an address."""
        look = f"import socket; s = socket.socket(); s.settimeout(3); print(s.connect_ex(('{address}', 8000)) == 0)"
        return self("exec", "-T", service, "python", "-c", look).strip()

    def dump(self) -> Path:
        """The newest dump, after it was restored as docs/operations.md says."""
        self("exec", "-T", "backup", "sh", "/backup", "once")
        self("exec", "-T", "backup", "sh", "/backup", "healthy")
        names = self("exec", "-T", "backup", "sh", "-c", "ls /var/lib/postgresql | grep dump$").split()
        name = max(names)
        self("exec", "-T", "backup", "sh", "/backup", "restore", name, "golden_restored")
        kept = deployed.LEFT / "compose.dump"
        self("cp", f"backup:/var/lib/postgresql/{name}", str(kept))
        return kept

    def logs(self) -> str:
        return self("logs", "--tail", "30")

    def remove(self) -> None:
        self("down", "--volumes", "--timeout", "5")


def main() -> int:
    """Both runs, compared."""
    parser = deployed.arguments(__doc__)
    parser.add_argument("--no-build", action="store_true", help="use the images that are there")
    options = parser.parse_args()
    deployed.require("docker")
    deployed.make_secrets()
    compose = Composition()
    if not options.no_build:
        step("building the images", lambda: compose("build", "--quiet"))
    return deployed.compare(compose, options.against)


if __name__ == "__main__":
    sys.exit(main())
