"""The note of the program that trained a study: what counts as another one, and for which study the note counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from own_trainers import submit

from studies.external.program import OtherProgramError, Program, require_same
from studies.records import StudyState
from studies.storage import overview
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two programs, which is the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.py").write_text("print(1)")
    (tmp_path / "good2.py").write_text("print(2)")
    return tmp_path


@pytest.fixture
def begun(database: Database) -> StudyDetail:
    """A study with ten results."""
    submit(database)
    return with_runs(overview.get(database, "own"), 10)


def with_runs(detail: StudyDetail, count: int, **more: object) -> StudyDetail:
    return replace(detail, summary=replace(detail.summary, runs_done=count, **more))  # type: ignore[arg-type]


WORDS = ("python", "good.py", "--lr", "{lr}")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("python", "good2.py", "--lr", "{lr}"), "word 2 of the command is 'good2.py', not 'good.py'"),
        (("python", "good.py", "--eta", "{lr}"), "word 3 of the command is another than before"),
        (("python", "good.py", "{lr}"), r"word 3 of the command is another than before \(and 1 more\)"),
        ((*WORDS, "--fast"), "the command has 5 words, not 4"),
    ],
)
def test_another_command_is_told_from_the_one_that_trained_so_far(
    here: Path, begun: StudyDetail, words: tuple[str, ...], text: str
) -> None:
    require_same(here / "note.json", with_runs(begun, 0), Program.of(WORDS))
    require_same(here / "note.json", begun, Program.of(WORDS))
    with pytest.raises(OtherProgramError, match=f"trained study 'own' so far: {text}; the verdict would mix the two"):
        require_same(here / "note.json", begun, Program.of(words))
    require_same(here / "note.json", begun, Program.of(words), accepted=True)
    require_same(here / "note.json", begun, Program.of(words))


@pytest.mark.parametrize("word", ["good.py", "--script=good.py"])
def test_a_file_that_has_changed_or_is_gone_is_another_program(here: Path, begun: StudyDetail, word: str) -> None:
    words = ("python", word)
    require_same(here / "note.json", begun, Program.of(words))
    (here / "good.py").write_text("print(3)")
    with pytest.raises(OtherProgramError, match=f"so far: '{word}' has changed; .* --same-program"):
        require_same(here / "note.json", begun, Program.of(words))
    (here / "good.py").unlink()
    with pytest.raises(OtherProgramError, match=f"'{word}' is gone"):
        require_same(here / "note.json", begun, Program.of(words))


def test_the_same_file_under_another_path_and_a_log_of_its_own_are_no_other_program(
    here: Path, begun: StudyDetail
) -> None:
    require_same(here / "note.json", begun, Program.of(("python", "good.py", "out.log")))
    (here / "out.log").write_text("written by the first training")
    require_same(here / "note.json", begun, Program.of(("python", str(here / "good.py"), "out.log")))


def test_the_note_counts_for_its_own_study_from_the_first_result_on(here: Path, begun: StudyDetail) -> None:
    path, other = here / "note.json", Program.of(("python", "good2.py"))
    require_same(path, with_runs(begun, 0), Program.of(WORDS))
    require_same(path, with_runs(begun, 0), other)  # the first program failed at once, and was mended
    with pytest.raises(OtherProgramError):
        require_same(path, begun, Program.of(WORDS))
    anew = with_runs(begun, 3, created_at=begun.summary.created_at + timedelta(seconds=1))
    require_same(path, anew, Program.of(WORDS))  # deleted, and submitted anew
    path.write_text('{"words": 3}')
    require_same(path, anew, other)


def test_a_complete_study_without_a_note_gets_none(here: Path, begun: StudyDetail) -> None:
    require_same(here / "note.json", with_runs(begun, 76, state=StudyState.COMPLETE), Program.of(WORDS))
    assert not (here / "note.json").exists()
    require_same(here / "good.py" / "note.json", begun, Program.of(WORDS))  # a folder that cannot be written in


def test_no_word_that_may_be_a_secret_is_noted_or_said(here: Path, begun: StudyDetail) -> None:
    require_same(here / "note.json", begun, Program.of(("python", "good.py", "--key", "hunter2")))
    assert "hunter2" not in (here / "note.json").read_text("utf-8")
    with pytest.raises(OtherProgramError) as refused:
        require_same(here / "note.json", begun, Program.of(("python", "good.py", "--key", "correct-horse")))
    assert "word 4 of the command is another than before" in str(refused.value)
    assert "hunter2" not in str(refused.value) and "correct-horse" not in str(refused.value)
