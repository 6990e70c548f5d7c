"""The file that `deploy/stack` makes of the Compose file, as `docker compose` and `docker stack` understand the two."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ("docker", "compose", "--profile", "backup", "--profile", "monitoring", "config", "--format", "json")


def stack_of(composed: bytes, name: str = "golden") -> dict[str, Any]:
    """The filter's answer."""
    words = [sys.executable, str(ROOT / "deploy" / "stack"), name]
    found: dict[str, Any] = json.loads(subprocess.run(words, input=composed, capture_output=True, check=True).stdout)
    return found


@pytest.fixture(scope="module")
def composed() -> bytes:
    """The Compose file with everything that Swarm can run."""
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed: nothing was shown of the stack's file")
    done = subprocess.run(COMPOSE, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("docker compose is not here: nothing was shown of the stack's file")
    return done.stdout


@pytest.fixture
def secrets(composed: bytes, tmp_path: Path) -> dict[str, Any]:
    """The same, with secrets of this test's own."""
    document: dict[str, Any] = json.loads(composed)
    for name, entry in document["secrets"].items():
        entry["file"] = str(tmp_path / name)
        (tmp_path / name).write_text(f"a secret called {name}", "utf-8")
    return document


@pytest.fixture
def stack(secrets: dict[str, Any]) -> dict[str, Any]:
    return stack_of(json.dumps(secrets).encode())


def test_swarm_takes_it(stack: dict[str, Any], tmp_path: Path) -> None:
    expected = {"db", "migrate", "service", "worker", "backup", "prometheus", "grafana"}
    assert stack["services"].keys() == expected
    file = tmp_path / "stack.json"
    file.write_text(json.dumps(stack), "utf-8")
    words = ["docker", "stack", "config", "-c", str(file)]
    checked = subprocess.run(words, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "unsupported" not in checked.stderr.lower(), checked.stderr


def test_what_swarm_would_ignore_is_said_otherwise(stack: dict[str, Any]) -> None:
    """Swarm ignores `tmpfs` and `shm_size`, and no program may be run from a tmpfs of its own."""
    for name, service in stack["services"].items():
        assert not {"tmpfs", "shm_size", "depends_on", "build", "security_opt", "restart"} & service.keys(), name
        targets = {mount["target"] for mount in service["volumes"]}
        assert "/tmp" in targets, f"{name} has a read-only root and nowhere to write"
    assert {"type": "volume", "target": "/tmp"} in stack["services"]["worker"]["volumes"]
    memory = {mount["target"] for mount in stack["services"]["db"]["volumes"] if mount["type"] == "tmpfs"}
    assert memory == {"/tmp", "/var/run/postgresql", "/dev/shm"}


def test_data_stay_where_they_are(stack: dict[str, Any]) -> None:
    """A volume exists on one node only: whoever has one is never started on another, with an empty one."""
    for name, service in stack["services"].items():
        named = [mount for mount in service["volumes"] if mount["type"] == "volume" and "source" in mount]
        if named or service.get("ports"):
            assert service["deploy"]["placement"]["constraints"] == ["node.labels.golden.data == true"], name
        assert all(port["mode"] == "host" for port in service.get("ports", [])), name


def test_no_virtual_address_drops_a_silent_connection(stack: dict[str, Any]) -> None:
    services = {name: service for name, service in stack["services"].items() if name != "migrate"}
    assert {service["deploy"]["endpoint_mode"] for service in services.values()} == {"dnsrr"}


def test_the_migration_is_a_job_and_an_outage_restarts_nothing(stack: dict[str, Any]) -> None:
    assert stack["services"]["migrate"]["deploy"]["mode"] == "replicated-job"
    assert "/healthz" in stack["services"]["service"]["healthcheck"]["test"][-1]


def test_networks_are_as_closed_as_composed_ones(stack: dict[str, Any]) -> None:
    internal = {name for name, network in stack["networks"].items() if network.get("internal")}
    assert internal == {"database", "metrics"}
    assert stack["networks"]["database"]["driver_opts"] == {"encrypted": "true"}


def test_a_changed_secret_has_another_name_and_tells_nothing(secrets: dict[str, Any]) -> None:
    """Swarm cannot change a secret. One whose content is the same keeps its name, so nothing is restarted for it."""
    first = stack_of(json.dumps(secrets).encode())["secrets"]
    assert stack_of(json.dumps(secrets).encode())["secrets"] == first
    token = Path(secrets["secrets"]["token"]["file"])
    token.write_text("another secret", "utf-8")
    second = stack_of(json.dumps(secrets).encode())["secrets"]
    assert {name for name in first if first[name]["name"] != second[name]["name"]} == {"token"}
    assert all(entry["name"].startswith("golden_") for entry in first.values())
    assert stack_of(json.dumps(secrets).encode(), "other")["secrets"]["token"]["name"].startswith("other_")
