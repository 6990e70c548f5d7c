"""`golden calibrate` works without a service and says how often the procedure was right, with n."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from scipy.stats import binomtest

from service.cli import main
from service.client import ExitCode
from studies.calibration.kept import Kept, Settings, write
from studies.calibration.scenarios import of_kind
from studies.calibration.simulation import SHIPPED, shipped
from studies.calibration.verdict_rates import Row
from studies.language.design import LocateDesign


def test_json_holds_the_rates_with_their_n(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--scenario", "a,E", "--studies", "2", "--seed", "3", "--json"]) == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    assert answer["analysis"] == SHIPPED.analysis_version
    assert {name: answer[name]["n"] for name in ("coverage", "false_supported", "false_refuted", "power")} == {
        "coverage": 4,
        "false_supported": 2,
        "false_refuted": 2,
        "power": 4,
    }
    assert [row["scenario"] for row in answer["scenarios"]] == ["A", "E"]
    for row in answer["scenarios"]:
        own = row["rates"]["coverage"]
        assert (own["count"], own["n"]) == (row["covered"], row["located"]) == (row["covered"], 2)
        exact = binomtest(own["count"], own["n"]).proportion_ci(0.95, method="exact")
        assert (own["low"], own["high"]) == pytest.approx((exact.low, exact.high))
    apart = answer["power_by_scenario"]
    assert {key: each["n"] for key, each in apart.items()} == {"A": 2, "E": 2}
    assert apart["E"]["count"] == 2
    assert apart["A"]["count"] + apart["E"]["count"] == answer["power"]["count"]


@pytest.mark.parametrize(("options", "blocks"), [([], LocateDesign().confirm_blocks), (["--blocks", "2"], 2)])
def test_the_design_is_the_shipped_one_unless_blocks_are_named(
    options: list[str], blocks: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", "--scenario", "E", "--studies", "1", "--json", *options]) == ExitCode.OK
    shipped = LocateDesign().model_dump()
    sizes = {name: shipped[name] for name in ("map_points", "claim_replicates", "zoom_points")}
    assert json.loads(capsys.readouterr().out)["design"] == {**sizes, "confirm_blocks": blocks}


def test_text_names_each_scenario_and_rate(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--scenario", "J", "--studies", "1"]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "no signal" in shown
    assert "false supported: 0 of 1" in shown
    assert re.search(r"[01] of 1 \(0\.\d\d–[01]\.\d\d\)", shown), "covered, with n and interval"
    assert "power: not measured" in shown


def test_text_gives_the_power_of_each_truth(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--scenario", "E", "--studies", "1"]) == ExitCode.OK
    assert "power in E: 1 of 1" in capsys.readouterr().out


def test_optimum_is_moved_by_the_distance_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--distance", "1.8", "--studies", "1", "--blocks", "30", "--json"]) == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    (row,) = answer["scenarios"]
    assert (row["scenario"], row["refuted"], answer["design"]["confirm_blocks"]) == ("A+1.8", 1, 30)
    assert answer["false_supported"]["n"] == 1, "the optimum lies outside the neighbourhood"
    assert answer["power_by_scenario"]["A+1.8"]["count"] == 1, "refuting it is right"
    assert answer["power"]["n"] == 0, "pooled are A, E and F alone"


def test_looks_are_counted_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--scenario", "E", "--studies", "1", "--looks", "2", "--json"]) == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    (row,) = answer["scenarios"]
    assert (answer["looks"], row["supported"], row["refuted"], row["false_verdicts"]) == (2, [0, 0], [1, 0], 0)


def test_looks_are_shown_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--scenario", "E", "--studies", "1", "--looks", "2"]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "1 + 0" in shown
    assert "effective rate" in shown


def test_drift_is_counted_over_triples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--drift", "4,1", "--studies", "1", "--json"]) == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert found["drift"][0]["effective_rate"] == found["drift"][0]["held"] == 1
    assert main(["calibrate", "--drift", "4,1", "--studies", "1"]) == ExitCode.OK
    assert "rejections at 5 %" in " ".join(capsys.readouterr().out.split())


def test_trends_are_counted_over_planted_studies(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.commands.calibrate.SWEEPS", 2)
    assert main(["calibrate", "--trend", "1,0", "--studies", "20", "--json"]) == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert [(row["quantity"], row["power"], row["studies"]) for row in found["trend"]] == [
        ("eta", 1.0, 20),
        ("alpha", 0.0, 20),
        ("effective_rate", 1.0, 20),
    ]
    assert main(["calibrate", "--trend", "1,0", "--studies", "20"]) == ExitCode.OK
    assert "95 % intervals" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--distance", "3"],
        ["--distance", "near"],
        ["--looks", "5"],
        ["--blocks", "1"],
        ["--drift", "2"],
        ["--drift", "nan,1"],
        ["--trend", "2"],
        ["--trend", "nan,1"],
        ["--trend", "4,0"],
        ["--trend", "1,0", "--drift", "2,1"],
        ["--trend", "1,0", "--looks", "2"],
        ["--trend", "1,0", "--table"],
        ["--drift", "0.01,1"],
        ["--drift", "2,1", "--looks", "2"],
        ["--drift", "2,1", "--kind", "shape"],
        ["--kind", "shapes"],
        ["--kind", "shape", "--scenario", "A"],
        ["--analysis", "3"],
        ["--processes", "0"],
        ["--table", "--json"],
        ["--table", "--looks", "2"],
        ["--keep", "counts.json", "--looks", "2"],
        ["--against", "counts.json"],
    ],
)
def test_sizes_beyond_the_procedure_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", *arguments]) == ExitCode.USAGE
    assert arguments[0] in capsys.readouterr().err


def test_counts_are_kept_and_finished_scenarios_not_simulated_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = tmp_path / "counts.json"
    asked = ["calibrate", "--scenario", "E", "--studies", "1", "--processes", "1", "--keep", str(counts)]
    assert main([*asked, "--json"]) == ExitCode.OK
    first, before = capsys.readouterr().out, counts.read_bytes()
    assert main([*asked, "--json"]) == ExitCode.OK
    assert (capsys.readouterr().out, counts.read_bytes()) == (first, before)
    assert main([*asked, "--table", "--against", str(counts)]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "| E | effective rate x 4.5 | 1 | 0 % | 100 % |" in shown
    assert "supported before" in shown
    assert main([*asked, "--seed", "8"]) == ExitCode.USAGE
    assert "other settings" in capsys.readouterr().err
    assert counts.read_bytes() == before


def test_a_base_line_that_cannot_be_read_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--against", "/no/such/file", "--table"]) == ExitCode.USAGE
    assert "/no/such/file: cannot be read" in capsys.readouterr().err


def test_a_file_that_cannot_hold_counts_is_named_before_anything_is_simulated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.json").write_text("{}")
    for place, words in (
        ("away/counts.json", "cannot be written"),
        ("", "cannot be read"),
        ("other.json", "no counts"),
    ):
        assert main(["calibrate", "--studies", "10000", "--keep", str(tmp_path / place)]) == ExitCode.USAGE
        assert words in capsys.readouterr().err


def test_an_analysis_is_chosen_by_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--scenario", "E", "--studies", "1", "--analysis", "4", "--json"]) == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    assert (answer["analysis"], answer["statements"], answer["scenarios"][0]["collapses"]) == (4, {}, None)


def test_a_kind_is_shown_with_its_twins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All counts are kept already, so that nothing is simulated."""
    spec, row = shipped(4), Row("", "", 1, 0, 0, {"flat": 1}, 0, 0, 1.0, 1.0, 1.0, 1, 1, kind="collapse")
    sizes = {name: getattr(spec.design, name) for name in ("map_points", "claim_replicates", "zoom_points")}
    settings = Settings(1, 7, 4, {**sizes, "confirm_blocks": spec.design.confirm_blocks})
    rows = {key: replace(row, scenario=key) for key in of_kind("collapse")}
    write(tmp_path / "counts.json", Kept(settings, rows))
    asked = ["calibrate", "--kind", "COLLAPSE", "--studies", "1", "--analysis", "4", "--keep"]
    assert main([*asked, str(tmp_path / "counts.json"), "--json"]) == ExitCode.OK
    shown = [row["scenario"] for row in json.loads(capsys.readouterr().out)["scenarios"]]
    assert shown == list(of_kind("collapse"))
    assert {"A", "W", "A-claim25", "F-growing"} <= set(shown)


@pytest.mark.parametrize("keys", ["Z", ",", "A,nonsense"])
def test_unknown_scenarios_are_refused(keys: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--scenario", keys]) == ExitCode.USAGE
    assert "there are A, B" in capsys.readouterr().err
