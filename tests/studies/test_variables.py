"""The names of the variables: the one list kept by hand equals what service and worker read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import service.settings
import worker.settings
from studies.variables import PREFIX, READERS, unknown_keys

ROOT = Path(__file__).resolve().parents[2]
OWN = {"service": service.settings.own_variables(), "worker": worker.settings.own_variables()}


@pytest.mark.parametrize("reader", OWN)
def test_the_declaration_is_what_the_settings_read(reader: str) -> None:
    declared = READERS[reader]  # type: ignore[index]
    assert {PREFIX + name for name in declared} == OWN[reader]
    assert len(set(declared)) == len(declared)


def test_compose_reads_what_is_declared_for_it() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    read = set(re.findall(r"\$\{GOLDEN_(\w+)", text))
    others = {name.removeprefix(PREFIX) for names in OWN.values() for name in names}
    assert read - others == set(READERS["compose"])


@pytest.mark.parametrize("own", OWN.values(), ids=OWN)
def test_each_knows_the_others_variables_and_names_the_nearest_for_a_wrong_one(own: set[str]) -> None:
    everyone = dict.fromkeys({PREFIX + name for names in READERS.values() for name in names}, "")
    assert unknown_keys({**everyone, "PATH": "/bin"}, own) == []
    assert unknown_keys({"GOLDEN_TOKN": "", "GOLDEN_LEASE_SECOND": ""}, own) == [
        "GOLDEN_LEASE_SECOND is set but nothing reads it; did you mean GOLDEN_LEASE_SECONDS?",
        "GOLDEN_TOKN is set but nothing reads it; did you mean GOLDEN_TOKEN?",
    ]


def test_a_new_field_is_known_to_its_own_process_at_once() -> None:
    assert unknown_keys({"GOLDEN_NEW": "1"}, own={"GOLDEN_NEW"}) == []
