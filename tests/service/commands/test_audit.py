"""`golden events` against a real server."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden_cli import Server, as_json, study_file

from service.cli import main
from service.client_errors import ExitCode


def test_events_show_who_did_what(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["submit", study_file(tmp_path, "told")])
    for verb in ("pause", "resume", "cancel"):
        main([verb, "told"])
    main(["delete", "told", "--yes"])
    found = as_json(capsys, "events", "told")
    assert [entry["action"] for entry in found] == ["delete", "cancel", "resume", "pause", "submit"]
    assert {entry["actor"] for entry in found} == {"token"}
    assert [entry["action"] for entry in as_json(capsys, "events", "told", "--limit", "2")] == ["delete", "cancel"]
    assert main(["events", "told"]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "history of changes" in shown
    assert [word for word in shown.split() if word in ("delete", "submit")] == ["delete", "submit"]
    assert main(["events", "nobody"]) == ExitCode.NOT_FOUND
    assert "never a study named" in capsys.readouterr().err
    assert main(["events", "told", "--limit", "0"]) == ExitCode.USAGE
