"""Answers without a service are those of a service."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden_cli import Server, as_json, study_file


@pytest.mark.parametrize(
    "command", [["catalogue"], ["catalogue", "quickstart"], ["preview", "quickstart"], ["preview"]]
)
def test_this_program_and_a_service_answer_alike(
    golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    line = command if command != ["preview"] else ["preview", study_file(tmp_path, "alike")]
    assert as_json(capsys, *line) == as_json(capsys, *line, "--server", golden.url)
