"""The Slurm recipe for real: an array of workers, one cancelled, one queued again, one array that runs out of time.

    python tests/acceptance/slurm/run.py [--against REPORT]        (or: make test-slurm)

Needs a Slurm that this machine's jobs run on, one node is enough, and the right to run `scontrol requeue`. Twice, each
time on a new database of a PostgreSQL and a service of the test's own: once while the tasks of an array are cancelled,
queued again and stopped before their time limit; once in peace. `deployed.py` says what must hold then.
Exit status 0 says so; 77 says that something is missing here and nothing was run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

import deployed
from deployed import ROOT, command, disturb, going_on, step, under_way
from postgres_server import PostgresServer, postgres_server
from processes import BIN, environment, free_port
from waiting import wait_until

from service.client import Client

RECIPE = ROOT / "deploy" / "slurm" / "worker.sbatch"
# This node has no GPU, and the cores are few: several workers share them.
SMALL = ("--gres=none", "--cpus-per-task=1", "--mem=1500M", "--oversubscribe")
SECONDS = (
    300  # for Slurm to do as it was told; it looks at time limits twice a minute and queues again after two minutes
)


class Cluster:
    """Workers under Slurm, a service and a PostgreSQL beside it."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self.base = f"http://127.0.0.1:{free_port()}"
        self._service: subprocess.Popen[bytes] | None = None
        self._home = Path(tempfile.mkdtemp(prefix="golden-slurm-"))
        self._database = ""
        self._jobs: list[str] = []

    def start(self) -> None:
        self._database = self._server.create(migrated=True)
        url = self._home / "database_url"
        url.touch(mode=0o600)
        url.write_text(self._server.url(self._database), "utf-8")
        with (self._home / "service.log").open("ab") as log:
            words = [str(BIN / "golden"), "serve", "--port", self.base.rpartition(":")[2]]
            env = environment(self._server.url(self._database))
            self._service = subprocess.Popen(words, env=env, stdout=log, stderr=subprocess.STDOUT, cwd=self._home)
        self.array("1")

    def array(self, tasks: str, *options: str) -> str:
        """Submit the recipe as it is shipped, but for what this node does not have; the job's number."""
        env = {
            **os.environ,
            "GOLDEN_HOME": str(self._home),
            "GOLDEN_DATABASE_URL_FILE": str(self._home / "database_url"),
            "OMP_NUM_THREADS": "1",
        }
        if not (self._home / ".venv").exists():
            (self._home / ".venv").symlink_to(BIN.parent)
        words = ("sbatch", "--parsable", f"--array={tasks}", *SMALL, *options, str(RECIPE))
        job = command(*words, env=env, cwd=self._home).strip()
        self._jobs.append(job)
        return job

    def disturb(self, client: Client) -> None:
        """Cancel a task, queue one again, let an array run out of time: all while the study trains."""
        under_way(client)
        first = self._jobs[-1]
        array = step("an array of two", lambda: self.array("1-2"))
        step("its first task", lambda: self.until(f"{array}_1", "RUNNING"))
        going_on(client)
        disturb(client, "cancelling a task", lambda: self.end(f"{first}_1", "scancel", f"{first}_1"))
        self.assert_handed_back(first, 1)
        step("its second task", lambda: self.until(f"{array}_2", "RUNNING"))
        going_on(client)
        disturb(client, "queueing a task again", lambda: command("scontrol", "requeue", f"{array}_1"))
        step("it waits", lambda: self.until(f"{array}_1", "PENDING"))
        self.assert_handed_back(array, 1)
        short = self.array("1", "--time=3")  # 90 s before that, give or take half a minute, SIGTERM
        step("a task of three minutes", lambda: self.until(f"{short}_1", "RUNNING"))
        going_on(client)
        disturb(client, "its time comes", lambda: self.until(f"{short}_1", "COMPLETED"))
        self.assert_handed_back(short, 1)
        step("the task runs again", lambda: self.until(f"{array}_1", "RUNNING"))
        assert field(f"{array}_1", "Restarts") == "1"

    def until(self, task: str, state: str) -> None:
        """Return once Slurm says so of a task."""
        wait_until(lambda: field(task, "JobState") == state, seconds=SECONDS, what=f"{task} to be {state}")

    def end(self, task: str, *words: str) -> None:
        """Do something to a task that ends it."""
        command(*words)
        over = ("CANCELLED", "COMPLETED")
        wait_until(lambda: field(task, "JobState") in over, seconds=SECONDS, what=f"the end of {task}")

    def assert_handed_back(self, job: str, task: int) -> None:
        """One signal came, and the worker stopped in good order: it says so once it has handed its trials back."""
        log = self._home / f"golden-worker-{job}_{task}.log"
        wait_until(
            lambda: '"event": "stopped"' in log.read_text("utf-8"), seconds=SECONDS, what=f"{log.name} to say so"
        )

    def dump(self) -> Path:
        kept = deployed.LEFT / "slurm.dump"
        self._server.tool("pg_dump", "--format=custom", f"--file={kept}", self._database)
        return kept

    def logs(self) -> str:
        return "".join(f"--- {log.name}\n{last_lines(log)}" for log in sorted(self._home.glob("*.log")))

    def remove(self) -> None:
        for job in self._jobs:
            subprocess.run(["scancel", job], check=False, stderr=subprocess.DEVNULL)
        for job in self._jobs:
            wait_until(lambda job=job: not queued(job), seconds=SECONDS, what=f"the end of job {job}")  # type: ignore[misc]
        self._jobs.clear()
        if self._service is not None:
            self._service.terminate()
            self._service.wait()
            self._service = None

    def forget(self) -> None:
        """Remove the logs as well."""
        shutil.rmtree(self._home)


def field(task: str, name: str) -> str:
    """What Slurm says of a task; "" if it has forgotten it."""
    done = subprocess.run(["scontrol", "show", "job", task], text=True, capture_output=True, check=False)
    found = re.search(rf"\b{name}=(\S+)", done.stdout)
    return found[1] if found else ""


def queued(job: str) -> bool:
    """True if a task of this job waits or runs."""
    done = subprocess.run(["squeue", "--noheader", f"--jobs={job}"], text=True, capture_output=True, check=False)
    return bool(done.stdout.strip())


def last_lines(log: Path, count: int = 20) -> str:
    """The end of a file."""
    return "\n".join(log.read_text("utf-8").splitlines()[-count:]) + "\n"


def main() -> int:
    """Both runs, compared."""
    options = deployed.arguments(__doc__).parse_args()
    deployed.require("sbatch", "srun", "scancel", "scontrol", "squeue")
    if subprocess.run(["sinfo"], check=False, capture_output=True).returncode:
        deployed.not_run("no Slurm controller answers")
    with postgres_server() as server:
        cluster = Cluster(server)
        code = deployed.compare(cluster, options.against)
        cluster.forget()
        return code


if __name__ == "__main__":
    sys.exit(main())
