"""The fields of the submit form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.pages.forms import form_fields
from studies.language import catalogue
from studies.language.spec import parse


@pytest.mark.parametrize("entry", catalogue.entries(), ids=lambda e: e.name)
def test_form_fields_stand_for_the_document(entry: catalogue.CatalogueEntry) -> None:
    document = entry.spec.model_dump(mode="json")
    fields = [f for _, group in form_fields(document) for f in group]
    assert len({f.path for f in fields}) == len(fields)
    for field in fields:
        node: Any = document
        for part in field.path.split("."):
            node = node[int(part)] if isinstance(node, list) else node[part]
        assert field.value == node
        if field.kind == "choice":
            assert node in field.options
    assert parse(json.loads(json.dumps(document))) == entry.spec
