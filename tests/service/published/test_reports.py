"""The published reports: found, told in a line each, and carried by a wheel."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from service.published import reports

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / "docs" / "results"
MOST = 3_000_000  # bytes of all reports: a wheel stays small


def test_every_committed_report_is_listed_once_under_what_it_asks() -> None:
    names = {path.name.removesuffix(".gz").removesuffix(".json") for path in RESULTS.glob("*.json*")}
    groups = reports.grouped()
    assert list(groups) == list(reports.GROUPS.values())
    listed = [entry.name for entries in groups.values() for entry in entries]
    assert len(listed) == len(names)
    assert set(listed) == set(reports.files()) == names
    for entries in groups.values():
        dates = [entry.submitted_at for entry in entries]
        assert dates == sorted(dates, reverse=True)


def test_a_line_says_the_verdict_where_there_is_one() -> None:
    told = {entry.name: entry for entries in reports.grouped().values() for entry in entries}
    full = told["landscape-full-rotated-mnist"]
    assert (full.outcome, full.about, full.runs) == ("inconclusive", "under the golden loss", 1904)
    assert told["dlr-width"].outcome == "", "arms are compared, not judged"
    assert told["table-1-full-rotated-mnist"].outcome == "", "a table states no verdict"


def test_a_packed_report_is_given_as_plain_json() -> None:
    assert json.loads(reports.report_bytes("dlr-width"))["study"] == "dlr-width"
    with pytest.raises(KeyError):
        reports.report_bytes("../results/dlr-width")


def test_an_installation_without_reports_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reports, "CARRIED", tmp_path / "none")
    monkeypatch.setattr(reports, "OF_A_CLONE", tmp_path / "neither")
    assert reports.files() == {}


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`hatch_build.py`, with the base class that hatchling gives it while it builds."""
    name = "hatchling.builders.hooks.plugin.interface"
    parts = name.split(".")
    for i in range(1, len(parts) + 1):
        monkeypatch.setitem(sys.modules, ".".join(parts[:i]), ModuleType(".".join(parts[:i])))
    monkeypatch.setattr(sys.modules[name], "BuildHookInterface", object, raising=False)
    made: dict[str, Any] = {}
    exec(compile((ROOT / "hatch_build.py").read_text("utf-8"), "hatch_build.py", "exec"), made)  # noqa: S102
    return made["Reports"]


def test_a_wheel_carries_them_where_the_service_looks(hook: Any) -> None:
    data: dict[str, Any] = {"force_include": {}}
    hook.initialize(SimpleNamespace(root=str(ROOT)), "standard", data)
    assert {Path(source).name for source in data["force_include"]} == {path.name for path in RESULTS.glob("*.json*")}
    assert {str(Path(target).parent) for target in data["force_include"].values()} == {
        reports.CARRIED.relative_to(ROOT).as_posix()
    }
    assert sum(Path(source).stat().st_size for source in data["force_include"]) < MOST


def test_an_editable_installation_and_a_tree_without_docs_carry_none(hook: Any, tmp_path: Path) -> None:
    for root, version in ((ROOT, "editable"), (tmp_path, "standard")):
        data: dict[str, Any] = {"force_include": {}}
        hook.initialize(SimpleNamespace(root=str(root)), version, data)
        assert data["force_include"] == {}
