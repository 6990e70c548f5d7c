"""Inline scripts become files, and what the content policy forbids is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.manual_builder.scripts import FOLDER, PolicyError, move_out


def _page(site: Path, name: str, body: str) -> Path:
    place = site / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"<html><body>{body}</body></html>", "utf-8")
    return place


def test_equal_scripts_share_a_file_and_data_stay(tmp_path: Path) -> None:
    data = '<script id="c" type="application/json">{"a": 1}</script>'
    first = _page(tmp_path, "index.html", f"<script>go()</script>{data}")
    deep = _page(tmp_path, "a/b/index.html", "<script>go()</script><script>stop()</script>")
    assert move_out(tmp_path) == 2
    scripts = {path.read_text("utf-8"): path.name for path in (tmp_path / FOLDER).iterdir()}
    assert set(scripts) == {"go()", "stop()"}
    assert f'<script src="{FOLDER}/{scripts["go()"]}"></script>{data}' in first.read_text("utf-8")
    assert f'<script src="../../{FOLDER}/{scripts["stop()"]}"></script>' in deep.read_text("utf-8")


@pytest.mark.parametrize(
    "body",
    [
        '<script src="https://cdn.example.org/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example.org/a.css">',
        '<img alt="" src="http://example.org/a.png">',
        '<button onclick="go()">',
    ],
)
def test_what_the_policy_forbids_is_refused(tmp_path: Path, body: str) -> None:
    _page(tmp_path, "index.html", body)
    with pytest.raises(PolicyError):
        move_out(tmp_path)


def test_links_that_are_followed_may_lead_anywhere(tmp_path: Path) -> None:
    _page(
        tmp_path, "index.html", '<a href="https://example.org">x</a><link rel="canonical" href="https://example.org/">'
    )
    assert move_out(tmp_path) == 0
