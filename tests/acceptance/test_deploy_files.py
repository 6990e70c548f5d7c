"""The files for running elsewhere: structure, schemas where there are tools, agreement with the product."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from processes import BIN

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
NETWORKS: dict[str, dict[str, Any] | None] = composed()["networks"]


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
    limits = service["deploy"]["resources"]["limits"]
    assert re.fullmatch(r"\d+[mg]", limits["memory"])
    assert 128 <= limits["pids"] <= 16384, "threads count as well"
    version = r"^postgres:\d+|:v?\d+\.\d+"  # PostgreSQL's major version fixes the format of the data
    assert re.search(version, service["image"]), "the image is pinned"
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert service["networks"]
    assert unknown_keys(dict.fromkeys(service.get("environment", {}), "")) == []


def test_networks_keep_apart_who_has_no_business_with_whom() -> None:
    """The database is reached by those who need it, the front by the service alone; nothing else has a way out."""
    at = {name: {s for s, service in SERVICES.items() if name in service["networks"]} for name in NETWORKS}
    assert at == {
        "front": {"service"},
        "database": {"db", "migrate", "service", "worker", "worker-gpu", "backup"},
        "metrics": {"service", "prometheus"},
        "monitoring": {"prometheus", "grafana"},
    }
    assert {name for name, entry in NETWORKS.items() if (entry or {}).get("internal")} == {"database", "metrics"}


def test_the_release_is_named_in_one_place() -> None:
    """Without GOLDEN_TAG the images are those of this tree's version, here and on Kubernetes."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    images = {service["image"] for service in SERVICES.values() if service["image"].startswith("golden-study")}
    assert images == {f"golden-study-service:{version}", f"golden-study-worker:{version}"}
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert text.count(version) == text.count("${GOLDEN_TAG:-") == 2, "each image is named once"
    kustomization = dict(documents())["kustomization.yaml/Kustomization"]
    assert {image["newTag"] for image in kustomization["images"]} == {version}


def test_every_config_is_there_and_used() -> None:
    declared = {name: ROOT / entry["file"] for name, entry in composed()["configs"].items()}
    assert all(path.is_file() for path in declared.values())
    entries = [entry for service in SERVICES.values() for entry in service.get("configs", [])]
    assert {entry if isinstance(entry, str) else entry["source"] for entry in entries} == declared.keys()


def test_grafana_asks_for_a_password_and_finds_its_data() -> None:
    grafana = SERVICES["grafana"]
    environment = grafana["environment"]
    assert environment["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/grafana_password"
    assert grafana["secrets"] == ["grafana_password"]
    assert (environment["GF_AUTH_ANONYMOUS_ENABLED"], environment["GF_USERS_ALLOW_SIGN_UP"]) == ("false", "false")
    targets = {entry["source"]: entry["target"] for entry in grafana["configs"]}
    assert targets["grafana_source"].startswith("/etc/grafana/provisioning/datasources/")
    assert targets["grafana_folder"].startswith("/etc/grafana/provisioning/dashboards/")
    (source,) = yaml.safe_load((ROOT / "deploy/grafana/source.yml").read_text("utf-8"))["datasources"]
    host, port = source["url"].removeprefix("http://").split(":")
    assert any(entry.endswith(f":{port}") for entry in SERVICES[host]["ports"]), "Prometheus listens there"
    (folder,) = yaml.safe_load((ROOT / "deploy/grafana/folder.yml").read_text("utf-8"))["providers"]
    assert folder["options"]["path"] == str(Path(targets["grafana_board"]).parent)


def test_the_backup_reaches_the_database_as_the_database_is() -> None:
    backup, database = SERVICES["backup"], SERVICES["db"]
    assert backup["image"] == database["image"], "pg_dump is of the server's version"
    assert (backup["user"], backup["profiles"]) == ("postgres", ["backup"])
    names = (database["environment"]["POSTGRES_USER"], database["environment"]["POSTGRES_DB"])
    assert (backup["environment"]["PGUSER"], backup["environment"]["PGDATABASE"]) == names
    (volume,) = backup["volumes"]
    assert volume.partition(":")[2] == backup["environment"]["BACKUP_FOLDER"]
    assert volume not in database["volumes"], "dumps have a volume of their own"


@pytest.mark.parametrize(
    "words",
    [
        ["hadolint", "Dockerfile"],
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
    ],
    ids=lambda words: words[0],
)
def test_linters_find_nothing(words: list[str]) -> None:
    done = subprocess.run([str(BIN / words[0]), *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_images_are_pinned() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.search(r"^ARG PYTHON_IMAGE=python:\d+\.\d+-", text, re.MULTILINE)


def test_the_database_may_write_where_it_must() -> None:
    """Its root is read-only and its user is its own: data in the volume, sockets and temporary files in memory."""
    database = SERVICES["db"]
    assert database["user"] == "postgres"
    assert [volume.partition(":")[2] for volume in database["volumes"]] == ["/var/lib/postgresql"]
    assert {entry.partition(":")[0] for entry in database["tmpfs"]} == {"/tmp", "/var/run/postgresql"}


def secrets(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`deploy/secrets` on a folder of the test's own."""
    return subprocess.run(
        [str(ROOT / "deploy" / "secrets"), *words],
        env={**os.environ, "GOLDEN_SECRETS": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_secret_is_made_and_mounted(tmp_path: Path) -> None:
    for _ in range(2):  # the second run keeps what is there
        secrets(tmp_path)
        made = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
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
    targets = {entry["source"]: entry["target"] for entry in SERVICES["prometheus"]["configs"]}
    assert targets["prometheus"] == "/etc/prometheus/prometheus.yml"
    assert Path(targets["alerts"]).parent == Path(targets["prometheus"]).parent, "a rule file's name is relative"


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


def test_kubernetes_keeps_apart_who_has_no_business_with_whom() -> None:
    """Nobody enters but by a rule, and every pod but the service reaches names and the database only."""
    policies = {d["metadata"]["name"]: d["spec"] for _, d in documents() if d["kind"] == "NetworkPolicy"}
    assert policies["nobody-enters"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    (rule,) = policies["database-only"]["podSelector"]["matchExpressions"]
    assert {port["port"] for entry in policies["database-only"]["egress"] for port in entry["ports"]} == {53, 5432}
    templates = {}
    for name, document in documents():
        spec = document.get("spec", {})
        spec = spec.get("jobTargetRef", spec)
        if "template" in spec:
            templates[name] = spec["template"]["metadata"]["labels"][rule["key"]]
    assert {label for name, label in templates.items() if not name.startswith("service")} == set(rule["values"])


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


def test_a_token_is_rotated_where_it_lies(tmp_path: Path) -> None:
    """The file stays the same one, because a container has mounted it; other secrets stay as they are."""
    secrets(tmp_path)
    before = {path.name: (path.stat().st_ino, path.read_text("utf-8")) for path in tmp_path.iterdir()}
    done = secrets(tmp_path, "rotate", "read_token")
    after = {path.name: (path.stat().st_ino, path.read_text("utf-8")) for path in tmp_path.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"read_token"}
    assert before["read_token"][0] == after["read_token"][0], "another file"
    assert after["read_token"][1] not in done.stdout
    assert load({}, token=after["token"][1], read_token=after["read_token"][1]).read_token is not None


@pytest.mark.parametrize("words", [["rotate"], ["rotate", "database_password"], ["rotate", "../token"], ["again"]])
def test_what_cannot_be_rotated_is_refused(tmp_path: Path, words: list[str]) -> None:
    done = secrets(tmp_path, *words)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert not list(tmp_path.iterdir())
