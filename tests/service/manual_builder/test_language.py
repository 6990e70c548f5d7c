"""The reference of the study language says something of every field."""

from __future__ import annotations

from service.manual_builder.language import page, undescribed
from studies.language.spec import json_schema


def test_every_field_has_a_meaning() -> None:
    missing = undescribed(json_schema())
    assert missing == [], "describe them in the schema, or in service/manual_builder/field_words.toml"


def test_every_object_and_field_stands_on_the_page() -> None:
    text = page()
    schema = json_schema()
    for name, part in {"StudySpec": schema, **schema["$defs"]}.items():
        if part.get("properties"):
            assert f"# {name}\n" in text
            own = text.partition(f"# {name}\n")[2].partition("\n###")[0]
            assert [field for field in part["properties"] if f"| `{field}` |" not in own] == [], name


def test_an_object_says_where_it_stands_in_a_document() -> None:
    assert "### Claim\n\nIn a document: `claim`." in page()
    assert "### UpdateRuleAdam\n\nIn a document: `contexts.update_rule`." in page()
