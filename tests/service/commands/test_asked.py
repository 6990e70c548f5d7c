"""What one command line asks for is not what the next one does."""

from __future__ import annotations

import pytest

from service.cli import main
from service.client_errors import ExitCode
from service.commands.asked import asked
from service.settings import Settings


def test_nothing_is_left_of_a_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "list", "--server", "http://127.0.0.1:9"]) == ExitCode.UNREACHABLE
    assert (asked().server, asked().as_json) == (None, False)
    assert main(["version"]) == ExitCode.OK
    assert "{" not in capsys.readouterr().out


def test_settings_name_the_option_that_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--server", "nonsense"]) == ExitCode.USAGE
    assert capsys.readouterr().err.startswith("error: --server: ")
    assert Settings().server != "nonsense"
