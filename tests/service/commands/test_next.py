"""`golden next`: the whole procedure for people who train by themselves."""

from __future__ import annotations

from pathlib import Path

import forked_programs
import pytest
from own_plans import CLAIM, DESIGN, MEASURE, SPACE, Height, filled, flat, peaked
from processes import BIN, environment

from service.cli import main
from service.client_errors import ExitCode

SMALL = {**DESIGN, "map_points": 24, "claim_replicates": 4, "zoom_points": 16}
WORDS = ["--claim", CLAIM, "--space", SPACE, "--measure", MEASURE]
TOP = peaked(0.016, 0.874)


def document(folder: Path, **design: object) -> Path:
    """A study in a file, as `golden next --study` takes it."""
    table = "\n".join(f"{name} = {_toml(value)}" for name, value in {**SMALL, **design}.items())
    file = folder / "study.toml"
    file.write_text(
        'schema_version = 3\nname = "mine"\n[claim]\nat = { lr = 0.016, beta1 = 0.874 }\n'
        '[[parameters]]\nname = "lr"\nscale = "log"\nlow = 1e-4\nhigh = 1.0\n'
        '[[parameters]]\nname = "beta1"\nscale = "log_one_minus"\nlow = 0.0\nhigh = 0.99\n'
        '[measure]\nname = "val_acc"\ndirection = "maximize"\nkind = "share"\ntest_size = 100000\n'
        f'[[contexts]]\ntrainer = "external"\n[design]\n{table}\n'
    )
    return file


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')


def asked(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[str, str]:
    """Standard output and error of a call that succeeds."""
    capsys.readouterr()
    assert main(["next", *map(str, arguments)]) == ExitCode.OK
    said = capsys.readouterr()
    return said.out, said.err


def driven(capsys: pytest.CaptureFixture[str], runs: Path, study: Path, height: Height) -> tuple[int, str]:
    """Fill and append until no rows are left: the number of steps, and what is said then."""
    for step in range(40):
        out, err = asked(capsys, runs, "--study", study)
        rows = filled(out, height)
        if not rows:
            return step, err
        with runs.open("a") as file:  # the header again and again, as `cat todo.csv >> runs.csv` gives
            file.write("\n".join([out.splitlines()[0], *rows]) + "\n")
    raise AssertionError("it never ends")


def test_a_planted_top_is_decided_step_by_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps, said = driven(capsys, tmp_path / "runs.csv", document(tmp_path), TOP)
    assert steps >= 3
    assert said.startswith("decided: lr = 0.016, beta1 = 0.874: supported")


def test_a_plain_cannot_be_decided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, said = driven(capsys, tmp_path / "runs.csv", document(tmp_path, confirm_blocks=8), flat)
    assert said.startswith("cannot be decided by more of the same: ")


def test_a_process_of_its_own_writes_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs, study = tmp_path / "runs.csv", document(tmp_path)
    command, env = [str(BIN / "golden"), "next", str(runs), "--study", str(study)], environment("sqlite://")
    for _ in range(2):
        child = forked_programs.run(command, env=env, cwd=tmp_path)
        assert (child.returncode, child.stdout) == (0, asked(capsys, runs, "--study", study)[0])
        with runs.open("a") as file:
            file.write("\n".join([child.stdout.splitlines()[0], *filled(child.stdout, TOP), ""]))
    assert ",confirm," in forked_programs.run(command, env=env, cwd=tmp_path).stdout


def test_words_make_the_same_study_as_ever(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, said = asked(capsys, *WORDS)
    assert len(out.splitlines()) == 73 and said == "map: 0 of 72 runs have a result\n"
    assert asked(capsys, tmp_path / "none.csv", *WORDS)[0] == out
    assert asked(capsys, *WORDS, "--seed", "7")[0] != out
    assert "is not there yet" in asked(capsys, tmp_path / "none.csv", *WORDS)[1]


def test_what_does_not_count_is_counted_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "runs.csv"
    out, _ = asked(capsys, *WORDS)
    header, *rows = out.splitlines()
    old = [f"{n},0,map,point,0,1,0,1,1,0.5,0.5,0.9" for n in range(100, 112)]
    done = filled(out, TOP)[:3]
    runs.write_text("\n".join([header, *old, *done, done[0], rows[9] + "failed"]))
    out, said = asked(capsys, runs, *WORDS)
    assert len(out.splitlines()) == 70
    assert "12 rows are no trial of the plan" in said and "and 2 more" in said
    assert "line 2: the study planned no trial 100" in said
    assert "1 rows repeat a result" in said and "1 runs failed, and are wanted again" in said


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "--claim and --space and --measure missing"),
        (["--claim", CLAIM, "--space", SPACE], "--measure missing"),
        ([*WORDS, "--study", "x.toml"], "leave out --claim and --space and --measure"),
        (["--study", "x.toml", "--seed", "3"], "leave out --seed"),
        (["--study", "no-such.toml"], "no-such.toml"),
        (["--study", "quickstart"], 'set trainer = "external"'),
        (["--claim", "lr=1", "--space", SPACE, "--measure", MEASURE], "--claim: 'lr=1' is not two parameters"),
        (["--claim", CLAIM, "--space", SPACE, "--measure", "zap"], "--measure: does not say which way"),
        (["--claim", "lr=5,beta1=0.5", "--space", SPACE, "--measure", MEASURE], "--claim: "),
        ([".", *WORDS], "is a directory"),
        (["--server", "http://127.0.0.1:1", *WORDS], "no such option"),
    ],
)
def test_refusals(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["next", *arguments]) == ExitCode.USAGE
    said = capsys.readouterr()
    assert text.lower() in said.err.lower() and said.out == ""


def test_a_faulty_file_writes_no_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "runs.csv"
    out, _ = asked(capsys, *WORDS)
    header, *rows = out.splitlines()
    runs.write_text("\n".join([header, rows[0] + "87.5"]))
    capsys.readouterr()
    assert main(["next", str(runs), *WORDS]) == ExitCode.USAGE
    said = capsys.readouterr()
    assert said.out == "" and "line 2, column val_acc: val_acc is a share" in said.err
