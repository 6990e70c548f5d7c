"""A route's file is called as the address that it serves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service import routes

EXCEPTIONS = {"health"}  # /healthz and /readyz: the probes of an orchestrator
MODULES = {module.__name__.rpartition(".")[2]: module for module in (*routes.API, *routes.OPERATION, *routes.LOGIN)}


def _segments(address: str) -> set[str]:
    """Fixed segments of an address, without the form at their end and without dashes and underscores."""
    fixed = (re.split(r"[.{]", segment)[0] for segment in address.split("/"))
    return {re.sub("[-_]", "", segment) for segment in fixed if segment}


def _served(name: str) -> Iterator[str]:
    yield from (route.path for route in MODULES[name].router.routes)


@pytest.mark.parametrize("name", sorted(MODULES.keys() - EXCEPTIONS))
def test_a_file_is_called_as_each_address_that_it_serves(name: str) -> None:
    addresses = list(_served(name))
    assert addresses
    assert [address for address in addresses if re.sub("[-_]", "", name) not in _segments(address)] == []


def test_every_file_serves_and_every_documented_address_has_a_file(api: TestClient) -> None:
    files = {path.stem for path in Path(routes.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == MODULES.keys()
    app = api.app
    assert isinstance(app, FastAPI)
    documented = {path.removeprefix("/api/v1") for path in app.openapi()["paths"]}
    assert documented == {address for name in MODULES for address in _served(name)}


def test_exceptions_are_needed() -> None:
    assert len(EXCEPTIONS) <= 1
    for name in EXCEPTIONS:
        assert not any(name in _segments(address) for address in _served(name))
