"""`golden init` on a real terminal, by options, and where nobody can be asked."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from processes import BIN, environment
from terminals import Terminal, on_terminal
from waiting import CEILING

from service.cli import main
from service.client_errors import ExitCode
from studies.language.spec import StudySpec, parse

GOLDEN = BIN / "golden"
ENVIRONMENT = environment("sqlite:////nowhere", TERM="xterm", COLUMNS="300", PYTHONHASHSEED="random")
OWN = ["--claim", "lr=3e-4,beta1=0.9", "--measure", "val_acc:maximize:share:1000"]
ALL = [*OWN, "--space", "lr=1e-5..0.1,beta1=0.5..0.999", "--trainer", "own", "--size", "small"]
NEXT = [
    "golden preview study.toml ",
    "golden run study.toml -- python train.py --lr {lr} --beta1 {beta1} --seed {seed} ",
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, where the command runs."""
    (place := tmp_path / "here").mkdir()
    monkeypatch.chdir(place)
    return place


def written(file: Path) -> StudySpec:
    """The study in a file, which is acceptable."""
    return parse(file.read_bytes(), form="toml")


def answer(terminal: Terminal, question: str, *lines: str) -> None:
    """Wait for a question, then type an answer each time it is asked."""
    terminal.await_text(question)
    for line in lines:
        terminal.await_text("> ")
        terminal.type(f"{line}\n")


def test_five_questions_on_a_terminal(folder: Path) -> None:
    with on_terminal([GOLDEN, "init"], env=ENVIRONMENT, folder=folder) as terminal:
        answer(terminal, "1 of 5. Which point is claimed to be best?", "0.1", "lr=x,beta1=0.9", "lr=3e-4,beta1=0.9")
        answer(
            terminal, "2 of 5. Which ranges are searched?", "lr=1..2,beta1=0.5..0.9", "lr=1e-5..0.1,beta1=0.5..0.999"
        )
        answer(terminal, "3 of 5. Who trains?", "somebody", "mnist", "OWN")
        answer(terminal, "4 of 5. What is a training judged by?", "score2", "acc:share", "val_acc:maximize:share:1000")
        answer(terminal, "5 of 5. How large is the study?", "")
        assert terminal.end() == ExitCode.OK
    for said in (
        "claim: '0.1' is not two parameters; write its two parameters and their values",
        "claim: 'x' is no number",
        "claim: its point (0.0003, 0.9) lies outside `parameters`; widen the space or move the point",
        "trainer: 'somebody' is not known; write own, digits, ",
        "trainer: mnist is trained by SGD with a learning rate and a momentum",
        "measure: does not say which way 'score2' is better; write score2:maximize or :minimize",
        "measure.test_size: is missing; a share needs the number of cases",
        "small (at most 192 trainings), standard (at most 440 trainings), large (at most 880 trainings)",
        "study.toml is written. Next:",
        *NEXT,
    ):
        assert said in terminal.shown
    spec = written(folder / "study.toml")
    assert (spec.name, spec.claim.at) == ("study", {"lr": 3e-4, "beta1": 0.9})
    assert spec.measure is not None
    assert (spec.measure.test_size, spec.design.kind) == (1000, "locate")


def test_enter_takes_what_is_usual_and_a_wrong_option_is_asked_again(folder: Path) -> None:
    command = [GOLDEN, "init", "my first.toml", "--claim", "lr=0.1", "--size", "small"]
    with on_terminal(command, env=ENVIRONMENT, folder=folder) as terminal:
        terminal.await_text("claim: 'lr=0.1' is not two parameters")
        answer(terminal, "1 of 5.", "lr=0.1,momentum=0.9")
        answer(terminal, "[lr=0.0033..3,momentum=0..0.99]")
        terminal.type("\n")
        answer(terminal, "3 of 5.", "digits")
        answer(terminal, "4 of 5.", "")
        assert terminal.end() == ExitCode.OK
    assert "golden submit 'my first.toml'" in terminal.shown
    assert "5 of 5" not in terminal.shown
    spec = written(folder / "my first.toml")
    assert (spec.name, spec.claim.objective, spec.ridge, spec.contexts[0].name) == (
        *("my-first", "accuracy", "effective_rate", "digits"),
    )


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_an_interrupt_or_the_end_of_input_writes_nothing(folder: Path, key: str) -> None:
    with on_terminal([GOLDEN, "init"], env=ENVIRONMENT, folder=folder) as terminal:
        answer(terminal, "1 of 5.", "lr=3e-4,beta1=0.9")
        terminal.await_text("2 of 5.")
        terminal.await_text("> ")
        assert terminal.press(key, "interrupted") == ExitCode.INTERRUPTED
    assert terminal.shown.rstrip().endswith("interrupted")
    assert list(folder.iterdir()) == []


def test_options_answer_without_a_terminal_the_same_bytes_each_time(folder: Path) -> None:
    digests = set()
    for name in ("one", "two"):
        (place := folder / name).mkdir()
        done = subprocess.run(
            [GOLDEN, "init", *ALL],
            *(),
            cwd=place,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CEILING,
            check=False,
        )
        assert (done.returncode, done.stderr) == (ExitCode.OK, "")
        assert all(line in done.stdout for line in NEXT)
        digests.add(hashlib.sha256((place / "study.toml").read_bytes()).hexdigest())
    assert len(digests) == 1
    assert written(folder / "one" / "study.toml").design.model_dump()["map_points"] == 32


def test_what_is_usual_is_taken_where_it_is_asked_for(folder: Path) -> None:
    assert main(["init", "a.toml", *OWN, "--yes"]) == ExitCode.OK
    spec = written(folder / "a.toml")
    assert [(p.name, p.scale, p.low, p.high) for p in spec.parameters] == [
        ("lr", "log", 1e-5, 0.009),
        ("beta1", "log_one_minus", 0.0, 0.99),
    ]


def test_a_dash_writes_to_standard_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "-", *ALL]) == ExitCode.OK
    assert parse(capsys.readouterr().out, form="toml").name == "study"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            [],
            "no terminal is attached to ask on; give --claim, --space, --trainer, --measure and --size, "
            "or --claim and --measure with --yes for the rest",
        ),
        (OWN, "no terminal is attached to ask on; give --space, --trainer and --size, or --yes for the usual answers"),
        (["--yes"], "no terminal is attached to ask on; give --claim and --measure"),
        (["--claim", "a=1,b=-2", "--yes"], "no terminal is attached to ask on; give --space and --measure"),
        ([*OWN, "--claim", "lr=1"], "--claim: 'lr=1' is not two parameters"),
        ([*OWN, "--claim", "lr=1,seed=2"], "--claim: parameters.1.name: is 'seed', a column of every table of trials"),
        ([*ALL, "--space", "lr=1..2,beta1=0..1"], "--space: "),
        ([*ALL, "--trainer", "digits"], "--trainer: digits is trained by SGD with a learning rate and a momentum"),
        ([*ALL, "--size", "huge"], "--size: 'huge' is not known; write small, standard or large"),
        (["notes.json", *ALL], "'notes.json' does not end in .toml, which is what is written; name such a file"),
        (["nowhere/x.toml", *ALL], "there is no folder 'nowhere'; make it first"),
        (["a\nb.toml", *ALL], "'a\\nb.toml' has characters that no line of text holds; name another file"),
    ],
)
def test_a_refusal_is_one_sentence_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["init", *arguments]) == ExitCode.USAGE
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {said}")
    assert list(folder.iterdir()) == []


def test_a_file_is_overwritten_only_by_force(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file := folder / "study.toml").write_text("mine")
    assert main(["init", *ALL]) == ExitCode.FAILED
    assert capsys.readouterr().err == "error: 'study.toml' exists; add --force to overwrite it\n"
    assert file.read_text() == "mine"
    assert main(["init", *ALL, "--force"]) == ExitCode.OK
    assert written(file).name == "study"


def test_a_claim_that_says_too_little_is_noted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", *ALL, "--space", "lr=1e-4..1e-3:log,beta1=0.8..0.95"]) == ExitCode.OK
    assert "note: as it stands the claim says too little to be supported: its neigh" in capsys.readouterr().err


@pytest.mark.parametrize(("measure", "noted"), [("accuracy:maximize", True), ("val_acc:maximize:share:500", False)])
def test_an_accuracy_that_is_no_share_is_noted(capsys: pytest.CaptureFixture[str], measure: str, noted: bool) -> None:
    assert main(["init", *ALL, "--measure", measure]) == ExitCode.OK
    said = capsys.readouterr().err
    text = "note: accuracy counts as any real number; if it is a share of test cases, say of how many: "
    assert said == (text + "accuracy:maximize:share:500\n" if noted else "")


@pytest.mark.parametrize("name", ["steps", "accel", "reward", "terror"])
def test_other_measures_are_not_taken_for_shares(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["init", *ALL, "--measure", f"{name}:maximize"]) == ExitCode.OK
    assert capsys.readouterr().err == ""
