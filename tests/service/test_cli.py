"""The command line as a whole, against a real server: output, exit codes, a closed pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from golden_cli import Server, study_file

from service.cli import main
from service.client_errors import ExitCode


def test_text_output_names_what_matters(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = study_file(tmp_path, "shown", title="[bold]not markup[/bold]")
    for command in (["submit", file], ["status", "shown"], ["status"], ["verdict", "shown"], ["preview", file]):
        assert main(command) == ExitCode.OK
        assert "shown" in capsys.readouterr().out
    for command in (
        ["catalogue"],
        ["workers"],
        ["queue"],
        ["catalogue", "quickstart"],
        ["version"],
        ["extend", "shown", "--more", "2"],
    ):
        assert main(command) == ExitCode.OK
        assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nonsense"], ExitCode.USAGE),
        (["status", "--flag"], ExitCode.USAGE),
        (["submit"], ExitCode.USAGE),
        (["submit", "no-such-file.toml"], ExitCode.USAGE),
        (["submit", "no-such-entry"], ExitCode.NOT_FOUND),
        (["submit", "quickstart", "--set", "nonsense"], ExitCode.USAGE),
        (["submit", "quickstart", "--set", "contexts.9.epochs=5"], ExitCode.USAGE),
        (["submit", "quickstart", "--set", "contexts.0.epochs=many"], ExitCode.USAGE),
        (["extend", "x", "--more", "abc"], ExitCode.USAGE),
        (["serve", "--port", "99999"], ExitCode.USAGE),
        (["verdict", "none"], ExitCode.NOT_FOUND),
        (["verdict", "../x"], ExitCode.NOT_FOUND),
        (["export", "none"], ExitCode.NOT_FOUND),
        (["list", "--state", "none"], ExitCode.USAGE),
        (["workers", "--drain", "nobody"], ExitCode.NOT_FOUND),
        (["db", "status", "--database", "mysql://x/y"], ExitCode.USAGE),
        (["db", "status", "--database", "sqlite:////none/x.db"], ExitCode.USAGE),
        (["--server", "http://127.0.0.1:9", "list"], ExitCode.UNREACHABLE),
        (["--server", "nonsense", "list"], ExitCode.USAGE),
    ],
)
def test_failures_are_one_line_and_a_documented_code(
    golden: Server, capsys: pytest.CaptureFixture[str], arguments: list[str], code: ExitCode
) -> None:
    assert main(arguments) == code
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert shown.err
    assert not shown.out


def test_a_closed_pipe_is_no_failure(golden: Server) -> None:
    command = f"{sys.executable} -m service.cli schema | head -c 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")


def test_help_loads_no_numbers_database_or_http() -> None:
    code = (
        "import sys, service.cli; "
        "print(*{'numpy', 'scipy', 'sqlalchemy', 'optuna', 'fastapi', 'httpx2', 'plotly'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_client_loads_no_database_or_web_framework() -> None:
    code = (
        "import sys, service.client, service.commands.results, service.commands.verdict; "
        "print(*{'scipy', 'sqlalchemy', 'optuna', 'fastapi', 'plotly', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
