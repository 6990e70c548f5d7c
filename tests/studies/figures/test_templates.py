"""Templates of pages and reports: escaped, strict, with numbers for readers."""

from __future__ import annotations

import json

import pytest
from jinja2 import DictLoader, UndefinedError

from studies.figures.templates import embedded, environment
from studies.verdict.model import Interval


def _rendered(text: str, **names: object) -> str:
    return environment(DictLoader({"t": text})).get_template("t").render(**names)


def test_templates_escape_and_write_numbers() -> None:
    assert (
        _rendered("{{ a }} {{ b|number }} {{ c|percent(0) }}", a="<b>", b=0.0158679, c=0.5) == "&lt;b&gt; 0.0159 50 %"
    )
    assert _rendered("{{ a|loss }} {{ b|span }}", a="golden", b=Interval(1.0, 0.5, 2.0)) == "golden loss 0.500 to 2.00"


def test_a_missing_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        _rendered("{{ nothing }}")


def test_embedded_json_cannot_end_its_script_element() -> None:
    text = json.dumps({"name": "</script><b>&"})
    made = str(embedded(text))
    assert not set("<>&") & set(made)
    assert json.loads(made) == json.loads(text)
