"""Commands about studies, against a real server: submit, preview, list, status, watch and what an operator may do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from golden_cli import Server, as_json, study_file

from service.cli import main
from service.client_errors import ExitCode
from studies.language.spec import parse


def test_a_study_from_submit_to_delete(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = study_file(tmp_path, "life")
    assert as_json(capsys, "preview", file)["cost"]["runs"] == 6
    assert as_json(capsys, "submit", file)["summary"]["state"] == "queued"
    assert "life" in [study["name"] for study in as_json(capsys, "list")]
    for verb, state in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")):
        assert as_json(capsys, verb, "life")["summary"]["state"] == state
    assert as_json(capsys, "status", "life")["summary"]["state"] == "cancelled"
    assert as_json(capsys, "verdict", "life")["outcome"] == "inconclusive"
    assert main(["resume", "life"]) == ExitCode.CONFLICT
    assert main(["delete", "life"]) == ExitCode.USAGE  # nobody can be asked here
    assert main(["delete", "life", "--yes"]) == ExitCode.OK
    assert main(["status", "life"]) == ExitCode.NOT_FOUND


def test_notes_tags_and_priority(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", study_file(tmp_path, "noted")]) == ExitCode.OK
    capsys.readouterr()
    assert main(["edit", "noted", "--notes", "of Tuesday", "--tag", "thesis", "--tag", "a-b", "--priority", "4"]) == 0
    assert capsys.readouterr().out == "noted: priority 4, tags: a-b, thesis\nof Tuesday\n"
    assert "of Tuesday" in (main(["status", "noted"]) or capsys.readouterr().out)
    assert [study["name"] for study in as_json(capsys, "list", "--tag", "thesis")] == ["noted"]
    edited = as_json(capsys, "edit", "noted", "--no-tags")
    assert (edited["summary"]["tags"], edited["summary"]["priority"], edited["notes"]) == ([], 4, "of Tuesday")
    for words in ([], ["--tag", "a", "--no-tags"], ["--tag", "A b"], ["--priority", "101"]):
        assert main(["edit", "noted", *words]) == ExitCode.USAGE
    assert main(["edit", "nothing", "--priority", "1"]) == ExitCode.NOT_FOUND


def test_a_number_of_runs_that_is_an_upper_bound_is_said_to_be_one(
    golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["submit", "quickstart", "--name", "open-ended"]) == ExitCode.OK
    said = capsys.readouterr()
    assert "open-ended is queued: 3 sweeps, at most 948 runs" in said.out
    assert "no worker is alive" in said.err and "golden worker" in said.err
    assert main(["submit", study_file(tmp_path, "searched")]) == ExitCode.OK
    assert "searched is queued: 1 sweeps, 6 runs" in capsys.readouterr().out
    assert as_json(capsys, "preview", "quickstart")["cost"]["at_most"] is True


def test_set_changes_fields_and_defaults(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes = ["--set", "contexts.0.epochs=3", "--set", "claim.tolerance_factor=1.5", "--set", "title=three epochs"]
    study = as_json(capsys, "submit", "quickstart", "--name", "changed", *changes)
    spec = parse(study["spec"])
    assert (spec.contexts[0].epochs, spec.claim.tolerance_factor, spec.title) == (3, 1.5, "three epochs")


def test_a_name_that_is_taken_and_a_claim_that_says_too_little_are_told(
    golden: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["submit", "quickstart", "--name", "taken", "--set"]
    assert main([*words, "claim.tolerance_factor=1.5"]) == ExitCode.OK
    assert "note:" not in capsys.readouterr().err
    assert main([*words, "claim.tolerance_factor=9"]) == ExitCode.CONFLICT
    noted, refused = capsys.readouterr().err.splitlines()
    assert noted.startswith("note: as it stands the claim says too little to be supported: its neighbourhood takes ")
    assert "another study is named 'taken' (claim.tolerance_factor: 1.5 there, 9.0 here); rename this one" in refused


def test_a_protocol_is_submitted_at_another_scale(golden: Server, capsys: pytest.CaptureFixture[str]) -> None:
    scale = ["--folds", "5", "--repeats", "2", "--images", "4000"]
    preview = as_json(capsys, "preview", "table-1", *scale)
    assert preview["cost"]["runs"] == 3 * 5 * 2
    spec = parse(as_json(capsys, "submit", "table-1", "--name", "small", *scale)["spec"])
    assert (spec.replication.folds, [context.images for context in spec.contexts]) == (5, [4000])
    assert main(["submit", "quickstart", "--repeats", "2"]) == ExitCode.USAGE  # a locate design has none
    assert "repeats" in capsys.readouterr().err
    assert main(["submit", "quickstart", "--set", "claim.*.level=2"]) == ExitCode.USAGE
    assert "there is no list" in capsys.readouterr().err


def test_each_wrong_field_has_its_line(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.toml").write_text('name = "bad"\nseed = -1\nlosses = ["none"]\n')
    assert main(["submit", "bad.toml"]) == ExitCode.USAGE
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["losses.0", "seed"]


def test_watch_as_json_lines_until_the_end(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["submit", study_file(tmp_path, "watched")])
    main(["cancel", "watched"])
    capsys.readouterr()
    assert main(["watch", "watched", "--json"]) == ExitCode.FAILED  # it ended without completing
    assert json.loads(capsys.readouterr().out)["state"] == "cancelled"


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--until-decided"],
        ["--max-runs", "5"],
        ["--more", "2", "--max-runs", "5"],
        ["--more", "2", "--until-decided", "--max-runs", "5"],
        ["--until-decided", "--max-runs", "0"],
    ],
)
def test_extend_takes_one_form_or_the_other(options: list[str]) -> None:
    assert main(["extend", "any", *options]) == ExitCode.USAGE
