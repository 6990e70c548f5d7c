"""The reference of settings has every variable that a program reads."""

from __future__ import annotations

from pathlib import Path

from service.manual_builder.settings import page, variables
from service.settings import Settings
from studies import variables as names

ROOT = Path(__file__).parents[3]
NAMED_BY_A_SENTENCE = {"GOLDEN_TOKEN_FILE", "GOLDEN_READ_TOKEN_FILE"}  # every secret may come from a file


def test_every_setting_of_the_service_is_described() -> None:
    text = page(ROOT)
    read = names.variables_of(Settings) - NAMED_BY_A_SENTENCE
    missing = [name for name in sorted(read) if f"`{name}`" not in text]
    assert missing == []
    assert "GOLDEN\\_TOKEN\\_FILE" in text


def test_lines_that_go_on_belong_to_their_variable() -> None:
    head = "GOLDEN_A   first\n           and more\nGOLDEN_B, _C second\n\nA sentence.\n           no variable's"
    assert variables(head) == {"GOLDEN_A": "first and more", "GOLDEN_B, GOLDEN_C": "second"}
