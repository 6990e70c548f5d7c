"""--server and --json before a verb and after it."""

from __future__ import annotations

import json

import pytest
from golden_cli import Server
from processes import free_port

from service.cli import main
from service.client_errors import ExitCode


@pytest.mark.parametrize("after", [True, False])
def test_server_and_json_stand_before_a_verb_or_after_it(
    golden: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], after: bool
) -> None:
    monkeypatch.setenv("GOLDEN_SERVER", f"http://127.0.0.1:{free_port()}")
    assert main(["list"]) == ExitCode.UNREACHABLE
    options = ["--server", golden.url, "--json"]
    capsys.readouterr()
    assert main(["list", *options] if after else [*options, "list"]) == ExitCode.OK
    assert isinstance(json.loads(capsys.readouterr().out), list)
    assert main(["list"]) == ExitCode.UNREACHABLE  # an option lasts for its own command line


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["--json", "delete", "x", "--yes"], "`golden delete` prints no JSON; leave out --json"),
        (["--server", "http://h", "verify", "x"], "`golden verify` asks no service; leave out --server"),
        (["list", "--server", "nonsense"], "--server: must begin with http:// or https:// and hold no blanks"),
        (["lsit"], "No such command 'lsit'. Did you mean 'list'"),
        (["list", "--sever", "x"], "No such option: --sever"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(
    capsys: pytest.CaptureFixture[str], line: list[str], said: str
) -> None:
    assert main(line) == ExitCode.USAGE
    assert said in capsys.readouterr().err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == ExitCode.OK
    assert capsys.readouterr().out.startswith("golden-study ")
    assert main(["help", "db", "upgrade"]) == ExitCode.OK
    assert "golden db upgrade" in capsys.readouterr().out
    assert main(["help", "nonsense"]) == ExitCode.USAGE
