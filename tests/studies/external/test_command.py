"""Commands as trainers, tried with real shell scripts: results, failures, time limits, folders that survive."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from memory_source import POSITIVE, SHARE, MemorySource, lease
from waiting import join_all, wait_until

from studies.errors import SpecError
from studies.external import process
from studies.external.backlog import Backlog, Task
from studies.external.command import PLACEHOLDERS, CommandTrainer, Files, Template, variable_of, visible_devices
from studies.external.loop import run_trials
from studies.external.outcome import BROKE, RunEnd
from studies.external.source import Lease
from studies.language.measure import Measure
from studies.variables import READERS

NAMES = ("lr", "beta1")


def trainer(folder: Path, script: str, *words: str, seconds: float | None = None) -> CommandTrainer:
    """A trainer whose command is a shell script."""
    path = folder / "train.sh"
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "GOLDEN_TOKEN": "secret-0123456789"}
    template = Template((str(path), *words), NAMES)
    return CommandTrainer(template, folder / "trials", seconds=seconds, environment=environment)


def task(leased: Lease | None = None, run: int = 0, slot: int = 0) -> tuple[Task, Backlog]:
    """A run in the hands of a thread."""
    backlog = Backlog(1)
    backlog.add([leased or lease()])
    taken = None
    for _ in range(run + 1):
        taken = backlog.take(slot)
    assert taken is not None
    return taken, backlog


def end_of(folder: Path, script: str, *words: str, measure: Measure = SHARE) -> RunEnd:
    """The end of a run by a script."""
    end = trainer(folder, script, *words)(task(lease(measure=measure))[0])
    assert end is not None
    return end


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ("""echo '{"val_acc": 0.5}'""", 0.5),
        ("""echo '{"val_acc": 1}'""", 1.0),
        ("""printf '{"val_acc": 0.5}'""", 0.5),
        ("""echo '{"val_acc": 0.1}'; echo '{"val_acc": 0.5}'; echo '{"other": 3}'; echo done""", 0.5),
        ("""echo '{"step": 1, "val_acc": 0.1}'; echo '{"step": 2, "val_acc": 0.5}'""", 0.5),
        ("""echo '{"val_acc": 0.1}'; echo '{"val_acc": 0.5}' > "$GOLDEN_RESULT" """, 0.5),
        ("""echo 0.5 > "$GOLDEN_RESULT" """, 0.5),
        ("""echo '{"val_acc": 0.5}'; echo '{"val_acc": 0.9}' >&2""", 0.5),
        ("""printf 'bar\\r100%%\\r{"val_acc": 0.5}\\r\\n'""", 0.5),
    ],
)
def test_the_result_is_the_last_json_line_or_the_file(tmp_path: Path, script: str, value: float) -> None:
    assert end_of(tmp_path, script) == RunEnd(value=value)


def test_what_a_run_that_ends_well_printed_last_goes_with_its_result(tmp_path: Path) -> None:
    end = end_of(tmp_path, """for i in $(seq 300); do echo "epoch $i"; done; echo '{"val_acc": 0.5}'""")
    assert end.log.splitlines()[0] == "epoch 102"
    assert end.log.splitlines()[-2:] == ["epoch 300", '{"val_acc": 0.5}']


@pytest.mark.parametrize(
    "script",
    [
        """echo '{"val_acc": NaN}'""",
        """echo '{"val_acc": Infinity}'""",
        """printf '{"val_acc": %f, "n": 3}\\n' nan""",
        """printf '{"val_acc":%f}\\n' -inf""",
        """echo '{"val_acc": 1e999}'""",
        """echo '{"diverged": true}'""",
        """echo '{"val_acc": 0.5}'; echo '{"diverged": true}'""",
        """echo nan > "$GOLDEN_RESULT" """,
    ],
)
def test_a_training_that_broke_is_a_result(tmp_path: Path, script: str) -> None:
    assert end_of(tmp_path, script) == BROKE


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("exit 0", 'no result: the last line of the output should be JSON, such as {"val_acc": 0.9}'),
        ("echo 0.5", "no result"),
        (
            """echo '{"epoch": 3}'; echo '{"acc": 0.5, "loss": 1}'; echo done""",
            "no result: the last JSON object of the output has acc, loss, not val_acc; print",
        ),
        ("""echo '{"val_acc": "high"}'""", "val_acc is 'high', which is no number"),
        ("""echo '{"val_acc": null}'""", "val_acc is missing"),
        ("""echo '{"val_acc": true}'""", "val_acc is True"),
        ("""echo '{"val_acc": 93.4}'""", "divide percentages by 100"),
        ("""echo high > "$GOLDEN_RESULT" """, "val_acc is 'high'"),
        ("""echo '{"acc": 1}' > "$GOLDEN_RESULT" """, "has no 'val_acc', it has acc"),
        ("""echo '{"val_acc": 0.5}'; exit 3""", "exit status 3"),
        ("""echo out of memory >&2; kill -9 $$""", "ended by signal 9"),
        ("no-such-program --lr 3", "exit status 127"),
    ],
)
def test_anything_else_has_failed_with_the_last_lines(tmp_path: Path, script: str, text: str) -> None:
    end = end_of(tmp_path, f"echo the last words >&2\n{script}")
    assert end.failed is not None
    assert end.failed.startswith(text) or text in end.failed.split("\n")[0]
    assert "the last words" in end.failed


def test_a_value_that_its_measure_cannot_take_has_failed(tmp_path: Path) -> None:
    end = end_of(tmp_path, """echo '{"loss": -1}'""", measure=POSITIVE)
    assert "loss is positive, got -1" in (end.failed or "")


def test_placeholders_and_variables_say_the_same(tmp_path: Path) -> None:
    words = ("--lr={lr}", "{beta1}", "{seed}", "{order_seed}", "{split}", "{fold}", "{trial}", "{run}", "{folder}")
    script = """
test "$#" = 10 || exit 9
test "$1" = "--lr=$GOLDEN_PARAMETER_LR" || exit 1
test "$2" = "$GOLDEN_PARAMETER_BETA1" || exit 2
test "$3 $4 $5" = "$GOLDEN_SEED $GOLDEN_ORDER_SEED $GOLDEN_SPLIT" || exit 3
test "$6 $7 $8" = "$GOLDEN_FOLD $GOLDEN_TRIAL $GOLDEN_RUN" || exit 6
test "$9" = "$GOLDEN_FOLDER" || exit 7
test "${10}" = 'a b; $(rm -rf x) {not_ours}' || exit 8
test -z "$GOLDEN_TOKEN" || exit 10
test "$GOLDEN_SETTINGS" = '{"network": "r18"}' || exit 11
test "$1 $2" = "--lr=0.0003 0.9" || exit 12
echo '{"val_acc": 0.5}'
"""
    assert end_of(tmp_path, script, *words, "a b; $(rm -rf x) {{not_ours}}") == RunEnd(value=0.5)


def test_seeds_are_small_enough_for_numpy(tmp_path: Path) -> None:
    leased = lease(3)
    taken, _ = task(leased)
    script = 'printf \'{"val_acc": 0.5}\\n\'; echo "$1" > "$GOLDEN_FOLDER/seed"'
    assert trainer(tmp_path, script, "{seed}")(taken) == RunEnd(value=0.5)
    seed = int((Files.of(tmp_path / "trials", leased, 0).folder / "seed").read_text())
    assert seed == leased.runs[0].init_seed % 2**32 != leased.runs[0].init_seed


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ("train", "--lr", "{rl}"),
            "{rl} is no placeholder; write {{rl}} where braces are meant, or one of {lr}, {beta1}",
        ),
        (("sh", "-c", "train ${lr}"), "${lr} is a shell's variable"),
    ],
)
def test_an_unknown_placeholder_is_one_sentence(words: tuple[str, ...], text: str) -> None:
    with pytest.raises(SpecError) as caught:
        Template(words, NAMES)
    assert len(caught.value.problems) == 1
    assert text in str(caught.value)


def test_braces_that_are_json_or_a_shells_are_left_alone() -> None:
    words = ('{"opt": {"lr": {lr}}}', "${HOME}", "{}", "{print $1}", "{{lr}}")
    assert Template(words, NAMES).filled({"lr": "0.1"}) == [
        '{"opt": {"lr": 0.1}}',
        "${HOME}",
        "{}",
        "{print $1}",
        "{lr}",
    ]


def test_a_parameter_that_could_not_reach_the_command_is_one_sentence() -> None:
    with pytest.raises(SpecError, match="parameter 'LR' can reach the command by a placeholder alone"):
        Template(("train", "{lr}"), ("lr", "LR"))
    assert Template(("train", "{lr}", "{LR}"), ("lr", "LR")).unnamed == ["seed"]
    assert variable_of("opt.lr-1") == "GOLDEN_PARAMETER_OPT_LR_1"


def test_a_parameter_that_is_called_like_another_placeholder_is_what_it_means(tmp_path: Path) -> None:
    script = """test "$1 $GOLDEN_PARAMETER_EPOCHS $GOLDEN_EPOCHS" = "20.0 20.0 5" && echo '{"val_acc": 0.5}'"""
    made = trainer(tmp_path, script)
    made.template = Template((*made.template.words, "{epochs}"), ("epochs", "lr"))
    assert made(task(lease(parameters={"epochs": 20.0, "lr": 0.1}))[0]) == RunEnd(value=0.5)


def test_each_variable_is_declared() -> None:
    assert set(READERS["run"]) == {name.upper() for name in PLACEHOLDERS} | {"RESULT", "SETTINGS"}


def test_values_on_the_way_are_reported(tmp_path: Path) -> None:
    taken, backlog = task()
    script = """
echo '{"step": 1, "val_acc": 0.1}'
echo '{"step": 2.5, "val_acc": 0.2}'
echo '{"step": true, "val_acc": 0.2}'
echo '{"step": 99999999999999999999, "val_acc": 0.2}'
echo '{"step": 3, "val_acc": NaN}'
echo '{"step": 4, "val_acc": "x"}'
echo '{"step": 5, "val_acc": 0.3}'
"""
    assert trainer(tmp_path, script)(taken) == RunEnd(value=0.3)
    assert [(each.run, each.step, each.value) for each in backlog.steps(10)] == [(0, 1, 0.1), (0, 5, 0.3)]


def test_a_folder_survives_the_attempts_and_a_script_that_died_resumes(tmp_path: Path) -> None:
    script = """
if [ ! -e "$GOLDEN_FOLDER/checkpoint" ]; then
  echo 17 > "$GOLDEN_FOLDER/checkpoint"
  echo '{"val_acc": 0.99}' > "$GOLDEN_RESULT"
  kill -9 $$
fi
echo "resumed at $(cat "$GOLDEN_FOLDER/checkpoint")"
echo '{"val_acc": 0.5}'
"""
    source = MemorySource(2)
    run_trials(source, trainer(tmp_path, script))
    assert {ending.token for ending in source.results.values()} == {2}, "each in its second attempt"
    assert [(ending.runs or {})[0].value for ending in source.results.values()] == [0.5, 0.5]
    files = Files.of(tmp_path / "trials", lease(0), 0)
    log = files.log.read_text()
    assert log.index("attempt 1") < log.index("attempt 2") < log.index("resumed at 17")
    assert files.folder.is_dir()
    assert not files.result.exists()
    assert not files.note.exists()


def test_an_empty_folder_is_removed(tmp_path: Path) -> None:
    end_of(tmp_path, """echo '{"val_acc": 0.5}'""")
    assert not Files.of(tmp_path / "trials", lease(), 0).folder.exists()


def alive(pid: int) -> bool:
    """True while a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


HANG = """
echo $$ > "$GOLDEN_FOLDER/pids"
sleep 600 & echo $! >> "$GOLDEN_FOLDER/pids"
echo ready > "$GOLDEN_FOLDER/ready"
wait
"""


def pids_of(folder: Path) -> list[int]:
    """Processes that a script noted."""
    return [int(line) for line in (folder / "pids").read_text().split()]


def test_time_is_up_for_the_whole_group(tmp_path: Path) -> None:
    end = trainer(tmp_path, f"echo starting\n{HANG}", seconds=1.0)(task()[0])
    assert end is not None
    assert (end.failed or "").startswith("not finished within 1 s, so it was ended\nits last lines:\nstarting")
    wait_until(
        lambda: not any(map(alive, pids_of(Files.of(tmp_path / "trials", lease(), 0).folder))), what="the group to end"
    )


def test_a_script_that_ignores_the_polite_signal_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.2)
    end = trainer(tmp_path, f"trap '' TERM\n{HANG.replace('wait', 'while :; do sleep 1; done')}", seconds=1.0)(
        task()[0]
    )
    assert "not finished" in (end.failed or "") if end else False
    wait_until(
        lambda: not any(map(alive, pids_of(Files.of(tmp_path / "trials", lease(), 0).folder))), what="the group to end"
    )


def test_a_run_that_is_called_off_is_ended_and_has_no_result(tmp_path: Path) -> None:
    taken, backlog = task()
    ends: list[RunEnd | None] = []
    thread = threading.Thread(target=lambda: ends.append(trainer(tmp_path, HANG)(taken)))
    thread.start()
    folder = Files.of(tmp_path / "trials", lease(), 0).folder
    wait_until(lambda: (folder / "ready").exists(), what="the script")
    backlog.lose([1])
    join_all(thread)
    assert ends == [None]
    wait_until(lambda: not any(map(alive, pids_of(folder))), what="the group to end")


def test_whatever_runs_is_killed_where_the_program_ends_at_once(tmp_path: Path) -> None:
    ends: list[RunEnd | None] = []
    thread = threading.Thread(target=lambda: ends.append(trainer(tmp_path, HANG)(task()[0])))
    thread.start()
    folder = Files.of(tmp_path / "trials", lease(), 0).folder
    wait_until(lambda: (folder / "ready").exists(), what="the script")
    process.kill_live()
    join_all(thread)
    assert [end.failed for end in ends if end] == ["ended by signal 9"]
    wait_until(lambda: not any(map(alive, pids_of(folder))), what="the group to end")
    assert not process._LIVE


def test_what_a_script_leaves_in_the_background_ends_with_it(tmp_path: Path) -> None:
    script = """sleep 600 & echo $! > "$GOLDEN_FOLDER/pids"; echo '{"val_acc": 0.5}'"""
    assert end_of(tmp_path, script) == RunEnd(value=0.5)
    wait_until(
        lambda: not any(map(alive, pids_of(Files.of(tmp_path / "trials", lease(), 0).folder))), what="the child to end"
    )


def test_what_a_killed_runner_left_behind_is_ended_before_the_next_attempt(tmp_path: Path) -> None:
    files = Files.of(tmp_path / "trials", lease(), 0)
    files.prepare()
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as orphan:
        process._write_note(files.note, orphan.pid)
        assert end_of(tmp_path, """echo '{"val_acc": 0.5}'""") == RunEnd(value=0.5)
        assert orphan.wait() == -signal.SIGKILL


def test_a_process_that_only_has_the_number_of_a_former_one_is_left_alone(tmp_path: Path) -> None:
    files = Files.of(tmp_path / "trials", lease(), 0)
    files.prepare()
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as other:
        files.note.write_text(f"{other.pid} 1\n")
        end_of(tmp_path, """echo '{"val_acc": 0.5}'""")
        assert other.poll() is None
        other.kill()


def test_a_folder_that_cannot_be_made_and_a_program_that_cannot_start_are_failures(tmp_path: Path) -> None:
    (tmp_path / "trials").write_text("a file")
    assert "cannot write in the folder" in (end_of(tmp_path, "exit 0").failed or "")
    (tmp_path / "trials").unlink()
    made = trainer(tmp_path, "exit 0")
    (tmp_path / "train.sh").chmod(0o600)
    end = made(task()[0])
    assert end is not None
    assert "cannot be started: Permission denied" in (end.failed or "")


def test_jobs_get_their_gpus_in_turn(tmp_path: Path) -> None:
    script = """echo "$CUDA_VISIBLE_DEVICES" > "$GOLDEN_FOLDER/gpu"; echo '{"val_acc": 0.5}'"""
    for slot, expected in ((0, "0"), (1, "3"), (2, "0")):
        made = trainer(tmp_path, script)
        made.devices = ("0", "3")
        leased = lease(slot)
        assert made(task(leased, slot=slot)[0]) == RunEnd(value=0.5)
        assert (Files.of(tmp_path / "trials", leased, 0).folder / "gpu").read_text().strip() == expected


def test_devices_are_those_that_are_visible() -> None:
    assert visible_devices({"CUDA_VISIBLE_DEVICES": "2, 5,MIG-1"}) == ["2", "5", "MIG-1"]
    for one in ("", "-1", "3"):
        assert visible_devices({"CUDA_VISIBLE_DEVICES": one}) == []


def test_a_great_deal_of_output_is_read_and_the_result_found(tmp_path: Path) -> None:
    script = """i=0
while [ $i -lt 20000 ]; do echo "$i aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"; i=$((i+1)); done
echo '{"val_acc": 0.5}'"""
    assert end_of(tmp_path, script) == RunEnd(value=0.5)
