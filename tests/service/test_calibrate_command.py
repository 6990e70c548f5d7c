"""`golden calibrate` works without a service and says how often the procedure was right, with n."""

from __future__ import annotations

import json

import pytest

from service.cli import main
from service.client import ExitCode


def test_json_holds_the_rates_with_their_n(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--scenario", "a,E", "--studies", "2", "--seed", "3", "--json"]) == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    assert {name: answer[name]["n"] for name in ("coverage", "false_supported", "false_refuted", "power")} == {
        "coverage": 4,
        "false_supported": 2,
        "false_refuted": 2,
        "power": 4,
    }
    assert [row["scenario"] for row in answer["scenarios"]] == ["A", "E"]


def test_text_names_each_scenario_and_rate(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--scenario", "J", "--studies", "1"]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "no signal" in shown
    assert "false supported: 0 of 1" in shown
    assert "power: not measured" in shown


@pytest.mark.parametrize("keys", ["Z", ",", "A,nonsense"])
def test_unknown_scenarios_are_refused(keys: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--scenario", keys]) == ExitCode.USAGE
    assert "there are A, B" in capsys.readouterr().err
