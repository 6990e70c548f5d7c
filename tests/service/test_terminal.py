"""Nothing from outside reaches a terminal raw, whatever a service, a file or an argument says."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_server import HOSTILE, Hostile, hostile_server
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from waiting import exit_code

from service.cli import main
from service.terminal import KEPT, SafeBytes, SafeConsole, cell
from studies.text import UNSAFE

COLOURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\x1b\[[0-9]*[AK]|\x1b\[2K|\r+\n|\r(?=\x1b\[)")
NAME = "study"
COMMANDS = [
    ["list"],
    ["status", NAME],
    ["watch", NAME],
    ["verdict", NAME],
    ["verdict", NAME, "--all-objectives"],
    ["events", NAME],
    ["table", NAME],
    ["catalogue"],
    ["catalogue", NAME],
    ["preview", "quickstart"],
    ["submit", "quickstart"],
    ["submit", "quickstart", "--wait"],
    ["workers"],
    ["queue"],
    ["workers", "--drain", HOSTILE.replace("\0", "")],
    ["pause", NAME],
    ["resume", NAME],
    ["cancel", NAME],
    ["extend", NAME, "--more", "1"],
    ["report", NAME, "--json"],
    ["export", NAME],
    ["schema"],
    ["version"],
    ["doctor"],
]
JSON = [command for command in COMMANDS if command[0] not in {"report", "export", "schema"}]


@pytest.fixture(scope="module")
def hostile() -> Iterator[Hostile]:
    with hostile_server() as server:
        yield server


@pytest.fixture
def asking(hostile: Hostile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hostile:
    monkeypatch.setenv("GOLDEN_SERVER", hostile.url)
    monkeypatch.setenv("GOLDEN_DATABASE_URL", f"sqlite:///{tmp_path / 'golden.db'}")
    monkeypatch.chdir(tmp_path)
    hostile.refuses = 0
    return hostile


def raw(text: str) -> set[str]:
    return set(UNSAFE.findall(text)) - set(KEPT)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    try:
        code = main(arguments)
    except SystemExit as ending:
        code = int(ending.code or 0)
    said = capsys.readouterr()
    return code, said.out + said.err


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("refuses", [0, 422, 500])
def test_no_answer_of_a_service_is_obeyed(
    asking: Hostile, capsys: pytest.CaptureFixture[str], form: str, refuses: int
) -> None:
    asking.refuses = refuses
    asking.asked.clear()
    silent = []
    for command in COMMANDS if form == "text" else [[*c, "--json"] for c in JSON]:
        offline = command[0] in {"catalogue", "schema", "preview"}  # ask a service only if it is named
        _, said = run(capsys, *command, *(["--server", asking.url] if offline else []))
        assert not raw(said.replace("\r\n", "\n")), (command, said)
        if not said.strip():
            silent.append(command)
        if (
            not refuses
            and form == "text"
            and command[0] in {"list", "status", "events", "workers", "queue", "catalogue"}
        ):
            assert r"\x1b" in said and "cannot be read" not in said, (command, said)
    assert not silent
    assert len(asking.asked) > 8


@pytest.mark.parametrize(
    "arguments",
    [
        ["status", "\x1b[31m\u202e"],
        ["\x1b[31mnothing\x9b"],
        ["list", "--\x1b[31m"],
        ["list", "--state"],
        ["submit", "\x1b]0;x\x07.toml"],
        ["submit", "quickstart", "--set", "\x1b[31m"],
        ["verify", "\x1b[31m.json"],
        ["verdict", "--from", "\x1b[31m\u202e.csv"],
        ["report", "x", "--format", "\x1b[31m"],
        ["calibrate", "--scenario", "\x1b[31m"],
        ["extend", "x", "--more", "\x1b[31m"],
    ],
)
def test_no_argument_is_obeyed(asking: Hostile, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    asking.refuses = 404
    code, said = run(capsys, *arguments)
    assert code != 0 and said.strip() and not raw(said), said


def test_no_file_is_obeyed(asking: Hostile, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    name = tmp_path / "tab\x1b[31mle\u202e.csv"
    name.write_text(f'eta,alpha,value,"{HOSTILE}"\n0.1,0.5,0.5,1\n0.1,"{HOSTILE}",0.5,1\n', encoding="utf-8")
    study = tmp_path / "study\x1b[31m.json"
    study.write_text('{"name": "\\u001b[31m", "title": "\\u202e", "\\u009b": 1}', encoding="utf-8")
    for command in (["verdict", "--from", str(name)], ["submit", str(study)], ["preview", str(study)]):
        code, said = run(capsys, *command)
        assert code == 2 and not raw(said), said
    name.write_text('eta,alpha,value,"\x1b[31m\x9b"\n0.1,0.5,0.5,1\n0.2,0.5,0.6,1\n', encoding="utf-8")
    for form in ([], ["--json"]):
        _, said = run(capsys, "verdict", "--from", str(name), *form)
        assert not raw(said), said


@pytest.mark.parametrize("command", [["list"], ["watch", NAME], ["catalogue"], ["export", NAME]])
def test_on_a_real_terminal_only_colours_of_ours_are_written(hostile: Hostile, command: list[str]) -> None:
    hostile.refuses = 0
    master, slave = pty.openpty()
    env = {key: value for key, value in os.environ.items() if not key.startswith(("GOLDEN_", "NO_COLOR"))}
    env |= {"GOLDEN_SERVER": hostile.url, "TERM": "xterm-256color", "COLUMNS": "200"}
    process = subprocess.Popen(
        [sys.executable, "-m", "service.cli", *command], env=env, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    written = _all(master)
    exit_code(process)
    plain = COLOURS.sub("", written.decode("utf-8", "replace"))
    assert plain.strip() and not raw(plain), plain


def _all(master: int) -> bytes:
    pieces = []
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # how Linux says that the other side is closed
            return b"".join(pieces)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_console_writes_nothing_raw(first: str, second: str) -> None:
    written = io.StringIO()
    console = SafeConsole(file=written, force_terminal=True, color_system=None, width=100)
    table = Table(title=first)
    table.add_column(second)
    table.add_row(first)
    table.add_row(cell(second))
    console.print(table)
    console.print(first, second)
    console.print(first, soft_wrap=True)
    assert not raw(COLOURS.sub("", written.getvalue()))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_table_stays_in_line_in_an_encoding_without_greek_letters(encoding: str) -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, errors="strict")
    table = Table(safe_box=True)
    for title in ("η", "α ± σ", "runs"):
        table.add_column(title)
    table.add_row("0.1", "0.9", "12")
    SafeConsole(file=file, width=60).print(table)
    file.flush()
    lines = raw.getvalue().decode(encoding).splitlines()
    assert len({len(line) for line in lines if line.strip()}) == 1
    assert ("eta" in lines[1]) == (encoding != "utf-8")


def test_markup_and_emoji_names_are_plain_text() -> None:
    written = io.StringIO()
    text = "[red]a[/red] [link=http://x]b[/link] :skull:"
    SafeConsole(file=written, force_terminal=True, width=100).print(text)
    assert written.getvalue() == text + "\n"


@given(st.lists(st.binary(max_size=8)))
def test_bytes_in_pieces_are_escaped_as_a_whole(pieces: list[bytes]) -> None:
    target = io.BytesIO()
    with SafeBytes(target) as stream:
        for piece in pieces:
            stream.write(piece)
    text = target.getvalue().decode("utf-8")
    assert not raw(text.replace("\r\n", "\n"))
    whole = b"".join(pieces).decode("utf-8", "replace")
    if not raw(whole.replace("\r\n", "\n")):
        assert text == whole


@given(st.lists(st.text(max_size=8)))
def test_json_in_pieces_stays_json(texts: list[str]) -> None:
    written = json.dumps(texts, ensure_ascii=False).encode("utf-8", "replace")
    target = io.BytesIO()
    with SafeBytes(target, as_json=True) as stream:
        for start in range(0, len(written), 3):
            stream.write(written[start : start + 3])
    shown = target.getvalue().decode("utf-8")
    assert not raw(shown)
    assert json.loads(shown) == json.loads(written)
