"""The files for running elsewhere: structure, schemas where there are tools, agreement with the product."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from worker.main import parse_arguments

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"


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
            parse_arguments(pod["containers"][0].get("args", []))


def test_slurm_recipe_is_sound_bash_and_starts_the_worker() -> None:
    script = ROOT / "deploy" / "slurm" / "worker.sbatch"
    subprocess.run(["bash", "-n", str(script)], check=True)
    text = script.read_text("utf-8")
    head = text[: text.index("set -euo")]
    assert [line for line in head.splitlines() if line and not line.startswith("#")] == [], "options after a command"
    parse_arguments(
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
