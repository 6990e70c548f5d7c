"""The files of the built manual, looked up by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.manual import built


def test_no_files_where_nothing_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(built, "FOLDER", tmp_path / "site")
    assert built.stamp() is None
    assert built.files() == {}
    assert built.address("a") == "/help/"


def test_files_of_known_kinds_are_found_by_their_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("index.html", "a/index.html", "a/picture.svg", "a/key.pem"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", "utf-8")
    monkeypatch.setattr(built, "FOLDER", tmp_path)
    assert set(built.files()) == {"index.html", "a/index.html", "a/picture.svg"}
    assert (built.address("a"), built.address("b")) == ("/help/a/", "/help/")
