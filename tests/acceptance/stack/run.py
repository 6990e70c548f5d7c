"""The Swarm recipe for real: `docker stack deploy`, scaled, tasks killed, workers updated one after another.

    python tests/acceptance/stack/run.py [--build] [--against REPORT]        (or: make test-stack)

Twice, each time from nothing: once while workers are scaled 1 -> 4 -> 2, the tasks of a worker and of the database are
killed and the workers are replaced in a rolling update; once in peace. `deployed.py` says what must hold then. An
engine that is in no swarm becomes one of a single node for the time, on loopback.
Exit status 0 says so; 77 says that something is missing here and nothing was run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

import deployed
from deployed import ROOT, command, disturb, going_on, step, under_way
from processes import free_port
from waiting import wait_until

from service.client import Client
from studies.storage.release import VERSION

STACK = "golden-stack-test"
LABEL = "golden.data"
SECONDS = 300  # for Swarm to do as it was told
IMAGES = (f"golden-study-service:{VERSION}", f"golden-study-worker:{VERSION}", "postgres:18")


class Stack:
    """`docker stack` with what deploy/stack makes of this repository's Compose file, on a free port, with dumps."""

    def __init__(self) -> None:
        self.base = f"http://127.0.0.1:{free_port()}"
        self._env = deployed.container_environment(self.base)
        self._file = deployed.LEFT / "stack.json"

    def start(self) -> str:
        self.deploy(1)
        return deployed.secret("token")

    def deploy(self, workers: int) -> None:
        """The two lines of docs/operations.md."""
        self._env["GOLDEN_WORKERS"] = str(workers)
        compose = ("docker", "compose", "--profile", "backup", "config", "--format", "json")
        composed = command(*compose, cwd=ROOT, env=self._env)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(command(str(ROOT / "deploy" / "stack"), STACK, input=composed), "utf-8")
        # Images of this machine alone have no digest in any registry.
        command("docker", "stack", "deploy", "--resolve-image", "never", "--detach=true", "-c", str(self._file), STACK)

    def scale(self, workers: int) -> None:
        """Change the number of workers, and return once that many run."""
        command("docker", "service", "scale", "--detach", f"{STACK}_worker={workers}")
        wait_until(lambda: self.running("worker") == workers, seconds=SECONDS, what=f"{workers} workers")

    def running(self, service: str) -> int:
        """Tasks of a service that run."""
        return len(self.containers(service))

    def containers(self, service: str) -> list[str]:
        """Ids of the running containers of a service."""
        mine = f"label=com.docker.swarm.service.name={STACK}_{service}"
        return command("docker", "ps", "--quiet", "--filter", mine).split()

    def kill(self, service: str) -> None:
        """Kill a task, and return once Swarm runs another in its place."""
        victim, before = self.containers(service)[0], self.running(service)
        command("docker", "kill", victim)

        def replaced() -> bool:
            now = self.containers(service)
            return victim not in now and len(now) == before

        wait_until(replaced, seconds=SECONDS, what=f"another task of {service}")

    def update(self) -> None:
        """Replace every worker, one after another, as the recipe's update_config says."""
        old = set(self.containers("worker"))
        command("docker", "service", "update", "--force", "--detach", f"{STACK}_worker")

        def updated() -> bool:
            state = command("docker", "service", "inspect", "--format", "{{json .UpdateStatus}}", f"{STACK}_worker")
            found = json.loads(state)["State"]
            assert found in ("updating", "completed"), state
            return found == "completed"

        wait_until(updated, seconds=SECONDS, what="the rolling update")
        assert not old & set(self.containers("worker")), "a worker was not replaced"

    def disturb(self, client: Client) -> None:
        """Scale up, kill tasks, update the workers, scale down: all while it trains."""
        under_way(client)
        disturb(client, "four workers", lambda: self.scale(4))
        going_on(client)
        disturb(client, "killing a worker's task", lambda: self.kill("worker"))
        disturb(client, "killing the database's task", lambda: self.kill("db"))
        going_on(client)
        disturb(client, "two workers", lambda: self.scale(2))
        disturb(client, "another read token", self.rotate)
        disturb(client, "updating the workers", self.update)
        step("deploying again", lambda: self.deploy(2))

    def rotate(self) -> None:
        """Deploy again with a changed secret: the service is replaced, and nothing else."""
        deployed.make_secrets("rotate", "read_token")
        others = [self.containers(name) for name in ("db", "worker", "backup")]
        self.deploy(2)
        deployed.wait_for_token(self.base, deployed.secret("read_token"))
        assert others == [self.containers(name) for name in ("db", "worker", "backup")], "more was replaced"

    def dump(self) -> Path:
        """A dump, made and checked in the backup service's task."""
        (backup,) = wait_until(lambda: self.containers("backup"), seconds=SECONDS, what="the backup service")
        inside = ("docker", "exec", backup, "sh")
        command(*inside, "/backup", "once")
        command(*inside, "/backup", "healthy")
        name = max(command(*inside, "-c", "ls /var/lib/postgresql | grep dump$").split())
        kept = deployed.LEFT / "stack.dump"
        command("docker", "cp", f"{backup}:/var/lib/postgresql/{name}", str(kept))
        return kept

    def logs(self) -> str:
        tasks = command(
            "docker", "stack", "ps", "--no-trunc", STACK, "--format", "{{.Name}} {{.CurrentState}} {{.Error}}"
        )
        names = command("docker", "stack", "services", STACK, "--format", "{{.Name}}").split()
        return tasks + "".join(_log(name) for name in names)

    def remove(self) -> None:
        """Everything, volumes included; Swarm takes its time to end tasks."""
        command("docker", "stack", "rm", STACK, stderr=subprocess.DEVNULL)
        mine = f"label=com.docker.stack.namespace={STACK}"

        def gone(*words: str) -> bool:
            return not command("docker", *words, "--quiet", "--filter", mine).strip()

        wait_until(lambda: gone("ps"), seconds=SECONDS, what="the end of all tasks")
        command("docker", "container", "prune", "--force", "--filter", mine)  # Swarm leaves the container of a job
        wait_until(lambda: gone("network", "ls"), seconds=SECONDS, what="the end of all networks")
        volumes = command("docker", "volume", "ls", "-q", "--filter", mine).split()
        if volumes:
            command("docker", "volume", "rm", *volumes)


def _log(name: str) -> str:
    """The last lines of a service, errors included."""
    words = ["docker", "service", "logs", "--raw", "--tail", "30", name]
    done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return f"--- {name}\n{done.stdout}"


def in_swarm() -> bool:
    """True if the engine manages a swarm."""
    return command("docker", "info", "--format", "{{.Swarm.ControlAvailable}}").strip() == "true"


def main() -> int:
    """Both runs, compared."""
    parser = deployed.arguments(__doc__)
    parser.add_argument("--build", action="store_true", help="build the images first")
    options = parser.parse_args()
    deployed.require("docker")
    deployed.make_secrets()
    if options.build:
        step("building the images", lambda: command("docker", "compose", "build", "--quiet", cwd=ROOT))
    present = command("docker", "images", "--format", "{{.Repository}}:{{.Tag}}").split()
    if missing := [name for name in IMAGES if name not in present]:
        deployed.not_run(f"no image {', '.join(missing)}; make them with --build")
    made = not in_swarm()
    if made:
        command("docker", "swarm", "init", "--advertise-addr", "127.0.0.1")
    node = command("docker", "info", "--format", "{{.Swarm.NodeID}}").strip()
    command("docker", "node", "update", "--label-add", f"{LABEL}=true", node)
    try:
        return deployed.compare(Stack(), options.against)
    finally:
        if made:
            command("docker", "swarm", "leave", "--force")


if __name__ == "__main__":
    sys.exit(main())
