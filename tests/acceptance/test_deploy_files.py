"""The files for running elsewhere: structure, schemas where there are tools, agreement with the product."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.door.gate import allowed_hosts
from service.settings import load, unknown_keys
from worker.main import read_settings

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"


def composed() -> dict[str, Any]:
    """The Compose file as it is without any variable set."""
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    while (filled := re.sub(r"\$\{\w+:-([^${}]*)\}", r"\1", text)) != text:
        text = filled
    found: dict[str, Any] = yaml.safe_load(text)
    return found


SERVICES: dict[str, dict[str, Any]] = composed()["services"]


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(KUBERNETES.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text("utf-8")):
            yield f"{path.name}/{document['kind']}", document


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, document in documents():
        spec = document.get("spec", {})
        spec = spec.get("jobTargetRef", spec)
        if "template" in spec:
            yield name, spec["template"]["spec"]


@pytest.mark.parametrize(("name", "pod"), list(pods()))
def test_every_pod_is_confined(name: str, pod: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    mounted = {volume["name"] for volume in pod["volumes"]}
    for container in pod["containers"]:
        inside = container["securityContext"]
        assert (inside["allowPrivilegeEscalation"], inside["readOnlyRootFilesystem"]) == (False, True), name
        assert inside["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        assert {mount["name"] for mount in container["volumeMounts"]} == mounted
        assert all(entry["name"].endswith("_FILE") for entry in container["env"]), "secrets come from files"


def test_kustomization_names_files_that_are_there() -> None:
    found = dict(documents())["kustomization.yaml/Kustomization"]
    assert all((KUBERNETES / name).is_file() for name in found["resources"])
    used = {c["image"] for _, pod in pods() for c in pod["containers"]}
    assert used == {image["name"] for image in found["images"]}


def test_workers_are_given_time_and_options_that_exist() -> None:
    for name, pod in pods():
        if "worker" in name:
            assert pod["terminationGracePeriodSeconds"] >= 120
            read_settings(pod["containers"][0].get("args", []))


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"], service.get("cap_add")) == (True, ["ALL"], None)
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert re.fullmatch(r"\d+[mg]", service["deploy"]["resources"]["limits"]["memory"])
    version = r"postgres:\d+" if name == "db" else r":v?\d+\.\d+"  # its major version fixes the format of the data
    assert re.search(version, service["image"]), "the image is pinned"
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert unknown_keys(dict.fromkeys(service.get("environment", {}), "")) == []


def test_the_images_are_pinned() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.search(r"^ARG PYTHON_IMAGE=python:\d+\.\d+-", text, re.MULTILINE)


def test_the_database_may_write_where_it_must() -> None:
    """Its root is read-only and its user is its own: data in the volume, sockets and temporary files in memory."""
    database = SERVICES["db"]
    assert database["user"] == "postgres"
    assert [volume.partition(":")[2] for volume in database["volumes"]] == ["/var/lib/postgresql"]
    assert {entry.partition(":")[0] for entry in database["tmpfs"]} == {"/tmp", "/var/run/postgresql"}


def test_every_secret_is_made_and_mounted(tmp_path: Path) -> None:
    shutil.copy(ROOT / "deploy" / "secrets", tmp_path)
    for _ in range(2):  # the second run keeps what is there
        subprocess.run([tmp_path / "secrets"], check=True, stdout=subprocess.DEVNULL)
        made = {path.name: path.read_text("utf-8") for path in (tmp_path / "secrets.d").iterdir()}
    declared = composed()["secrets"]
    assert made.keys() == declared.keys()
    assert all(entry["file"] == f"./deploy/secrets.d/{name}" for name, entry in declared.items())
    for service in SERVICES.values():
        files = [value for key, value in service.get("environment", {}).items() if key.endswith("_FILE")]
        assert {Path(file).name for file in files} <= set(service.get("secrets", []))
        assert set(service.get("secrets", [])) <= declared.keys()
    assert load({}, token=made["token"], read_token=made["read_token"]).read_token is not None, "they are strong enough"


def test_prometheus_may_come_in() -> None:
    """Its token is mounted and the service's own, the host it asks for is known, and its folder holds what it reads."""
    (job,) = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))["scrape_configs"]
    assert job["authorization"]["credentials_file"] == "/run/secrets/read_token"
    assert "read_token" in SERVICES["prometheus"]["secrets"]
    environment = SERVICES["service"]["environment"]
    assert environment["GOLDEN_READ_TOKEN_FILE"] == "/run/secrets/read_token"
    (target,) = job["static_configs"][0]["targets"]
    host = target.partition(":")[0]
    assert host in SERVICES
    assert host in hosts_of(environment)
    assert "./deploy/prometheus:/etc/prometheus:ro" in SERVICES["prometheus"]["volumes"]


def hosts_of(environment: dict[str, str]) -> frozenset[str]:
    """Names that a service with these variables answers to, listening on every address."""
    names = tuple(json.loads(environment["GOLDEN_ALLOWED_HOSTS"]))
    server = environment["GOLDEN_SERVER"]
    settings = load({}, host="0.0.0.0", token="k3J-abcdefghijklmnop", allowed_hosts=names, server=server)
    return allowed_hosts(settings)


def test_kubernetes_knows_its_hosts_and_lets_prometheus_in() -> None:
    found = dict(documents())
    kustomization = found["kustomization.yaml/Kustomization"]
    assert "secrets.d/read_token" in kustomization["secretGenerator"][0]["files"]
    (settings,) = kustomization["configMapGenerator"]
    values = dict(entry.split("=", 1) for entry in settings["literals"])
    assert unknown_keys(values) == []
    assert {"golden", "golden.golden-study.svc.cluster.local", "localhost"} <= hosts_of(values)
    (container,) = found["service.yaml/Deployment"]["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": settings["name"]}}]
    (volume,) = [v for v in dict(pods())["service.yaml/Deployment"]["volumes"] if v["name"] == "secrets"]
    mounted = {f"/run/golden/{item['path']}" for item in volume["secret"]["items"]}
    assert {entry["value"] for entry in container["env"]} == mounted
    (rule,) = found["service.yaml/NetworkPolicy"]["spec"]["ingress"]
    labels = [label for peer in rule["from"] for label in peer["namespaceSelector"]["matchLabels"]]
    assert labels == ["golden-study.example.org/ingress", "golden-study.example.org/monitoring"]


def test_the_workers_health_check_wants_every_file_young(tmp_path: Path) -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    worker = text[text.index("AS worker\n") :]
    command = json.loads(re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", worker, re.MULTILINE)[0])
    assert "GOLDEN_HEARTBEAT_DIR=" in worker

    def healthy() -> bool:
        env = {**os.environ, "GOLDEN_HEARTBEAT_DIR": str(tmp_path / "signs")}
        return subprocess.run(command, env=env, check=False, stderr=subprocess.DEVNULL).returncode == 0

    assert not healthy(), "no worker has begun"
    (tmp_path / "signs").mkdir()
    for name in ("cuda0", "cuda1"):
        (tmp_path / "signs" / name).touch()
    assert healthy()
    os.utime(tmp_path / "signs" / "cuda1", (0, 0))
    assert not healthy(), "one of two processes is silent"


def test_slurm_recipe_is_sound_bash_and_starts_the_worker() -> None:
    script = ROOT / "deploy" / "slurm" / "worker.sbatch"
    subprocess.run(["bash", "-n", str(script)], check=True)
    text = script.read_text("utf-8")
    head = text[: text.index("set -euo")]
    assert [line for line in head.splitlines() if line and not line.startswith("#")] == [], "options after a command"
    read_settings(
        text[text.index('golden-worker" \\') :].split("\\\n")[1].replace('"${GOLDEN_DEVICE:-auto}"', "auto").split()
    )


@pytest.mark.skipif(shutil.which("docker") is None, reason="docker is not installed")
def test_stack_file_is_what_swarm_takes(tmp_path: Path) -> None:
    composed = subprocess.run(
        ["docker", "compose", "config", "--format", "json"], cwd=ROOT, capture_output=True, check=False
    )
    if composed.returncode:
        pytest.skip("docker compose is not here")
    done = subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "stack")], input=composed.stdout, capture_output=True, check=True
    )
    stack = tmp_path / "stack.json"
    stack.write_bytes(done.stdout)
    assert set(json.loads(done.stdout)["services"]) == {"db", "migrate", "service", "worker"}
    checked = subprocess.run(
        ["docker", "stack", "config", "-c", str(stack)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
