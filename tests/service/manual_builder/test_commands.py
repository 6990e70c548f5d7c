"""The reference of the command line has every verb and option."""

from __future__ import annotations

from service.commands.completion import verbs
from service.manual_builder.commands import page


def test_every_verb_stands_on_the_page() -> None:
    text = page()
    assert text.count("\n## golden ") > 30
    for verb in ("demo", "submit", "token add", "db upgrade", "webhooks test"):
        assert f"\n## golden {verb}\n" in text, verb
    assert verbs


def test_options_have_their_values() -> None:
    text = page()
    assert "| `--format` `csv`, `json`, `parquet` |" in text
    assert "| `--claim` `POINT` |" in text
    assert "| `--until-decided` |" in text
    assert "golden submit FILE|NAME [OPTIONS]" in text
