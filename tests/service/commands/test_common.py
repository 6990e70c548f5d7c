"""What commands share: failures become lines on standard error and an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from faulty_studies import FOUR_FAULTS, FOUR_PROBLEMS, many_faults

from service.cli import main
from service.client import ClientError, ExitCode
from service.commands.common import UsageError, complain, exit_code
from studies.errors import GoldenError, Problem, ProblemList, SpecError, StateError


@pytest.mark.parametrize("options", [[], ["--set", "seed=3"]])
def test_each_fault_of_a_study_is_a_line_with_its_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    file = tmp_path / "study.json"
    file.write_text(json.dumps(FOUR_FAULTS))
    assert main(["preview", str(file), *options]) == ExitCode.USAGE
    assert capsys.readouterr().err.splitlines() == [f"error: {field}: {text}" for field, text in FOUR_PROBLEMS]


def test_twenty_faults_are_listed_and_the_rest_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "study.json"
    file.write_text(json.dumps(many_faults(33)))
    assert main(["submit", str(file)]) == ExitCode.USAGE
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[-1]) == (21, "error: and 13 more")


@pytest.mark.parametrize("options", [[], ["--name", "other"]])
def test_a_key_that_appears_twice_is_refused_with_overrides_and_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    file = tmp_path / "study.json"
    file.write_text('{"name": "a", "seed": 1, "seed": 2}')
    assert main(["preview", str(file), *options]) == ExitCode.USAGE
    assert capsys.readouterr().err == "error: seed: appears more than once in its object; keep one\n"


def test_the_problems_that_a_service_answered_are_listed_like_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    found = ProblemList((Problem("seed", "is missing"), Problem("", "is no study")), unlisted=2)
    assert complain(ClientError("both", status=422, exit_code=ExitCode.USAGE, problems=found)) == ExitCode.USAGE
    assert capsys.readouterr().err == "error: seed: is missing\nerror: is no study\nerror: and 2 more\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SpecError([Problem("", "no")]), ExitCode.USAGE),
        (UsageError("no"), ExitCode.USAGE),
        (StateError("no"), ExitCode.CONFLICT),
        (ClientError("no", status=0, exit_code=ExitCode.UNREACHABLE), ExitCode.UNREACHABLE),
        (GoldenError("no"), ExitCode.FAILED),
    ],
)
def test_every_failure_has_its_exit_code_and_one_line(
    error: Exception, code: ExitCode, capsys: pytest.CaptureFixture[str]
) -> None:
    assert complain(error) == exit_code(error) == code
    assert capsys.readouterr().err == "error: no\n"
