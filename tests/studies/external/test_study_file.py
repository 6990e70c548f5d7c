"""The commented document: it reads back as what it was made from, and every line says what it is."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

import pytest

from studies.external.first_study import Answers, document_from
from studies.external.study_file import MOST_COLUMNS, next_commands, study_text
from studies.language.spec import parse

OWN = Answers("mine", "lr=3e-4,beta1=0.9", "lr=1e-5..0.1,beta1=0.5..0.999", "own", "val_acc:1000", "standard")
EVERY = [
    OWN,
    replace(OWN, measure="val_loss"),
    replace(OWN, measure="reward"),
    replace(OWN, claim="depth=6,lr=0.1", space="depth=2..12,lr=0.01..1"),
    replace(OWN, claim="a.b=0.25,c-d=3", space="a.b=-1..1,c-d=1..1e12:log", size="large"),
    *(
        Answers("d", "lr=0.1,momentum=0.9", "lr=0.01..1,momentum=0..0.99", "digits", objective, "small")
        for objective in ("accuracy", "error", "cross_entropy", "own_loss", "loss_area", "epochs_to_target")
    ),
]


@pytest.mark.parametrize("answers", EVERY)
def test_the_text_reads_back_as_its_document(answers: Answers) -> None:
    document = document_from(answers)
    text = study_text(document, file="study.toml")
    assert tomllib.loads(text) == document
    assert parse(text, form="toml") == parse(document)
    assert study_text(document_from(answers), file="study.toml") == text


@pytest.mark.parametrize("answers", EVERY)
def test_every_field_has_a_comment_and_every_line_fits(answers: Answers) -> None:
    lines = study_text(document_from(answers), file="study.toml").splitlines()
    for before, line in zip(["", *lines], lines, strict=False):
        assert len(line) <= MOST_COLUMNS
        assert line == line.rstrip()
        if " = " in line and not line.startswith("#"):
            assert " # " in line or before.startswith("# ")


def test_the_head_asks_the_question_and_names_the_next_commands() -> None:
    document = document_from(OWN)
    head = study_text(document, file="study.toml").partition("\n\n")[0].splitlines()
    assert head[0] == "# Does the best lr and beta1 lie near lr = 0.0003, beta1 = 0.9?"
    assert [line.removeprefix("#   ") for line in head[2:5]] == next_commands(document, "study.toml")
    assert next_commands(document, "it's.toml")[0].startswith("golden preview 'it'\\''s.toml' ")


@pytest.mark.parametrize("more", [{"priority": 1}, {"design": {"kind": "locate", "widen": False}}])
def test_a_field_without_a_comment_is_a_mistake_of_ours(more: dict[str, Any]) -> None:
    with pytest.raises(KeyError, match=r"priority|design\.widen"):
        study_text({**document_from(OWN), **more}, file="study.toml")
