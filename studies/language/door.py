"""The door: rules for documents that come in, stricter than those for documents that are read.

A model's own bounds hold for every document, those that an earlier release stored included. Rules that were added
later hold at the door alone: for submissions, previews, verdict requests and files of the command line. The models
carry both; `DOOR`, given as pydantic's validation context, switches the second kind on.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from studies.text import LINE_PATTERN, TEXT_PATTERN, is_safe_line, is_safe_text

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)  # of every model of the language
DOOR = MappingProxyType({"door": True})
UNSAFE_LINE = "must not hold control characters, zero-width or invisible characters, or text-direction overrides"
UNSAFE_TEXT = f"{UNSAFE_LINE}; line ends and tabs may stay"


def at_the_door(info: ValidationInfo) -> bool:
    """True where the document that is validated comes in, False where it is read again."""
    return bool((info.context or {}).get("door"))


def refusal(text: str) -> PydanticCustomError:
    """A refusal of a single field, for a validator to raise; its text is shown with the field's value."""
    return PydanticCustomError("refused_at_the_door", "{text}", {"text": text})


def _checked(is_safe: Callable[[str], bool], text: str) -> AfterValidator:
    def check(value: str, info: ValidationInfo) -> str:
        if at_the_door(info) and not is_safe(value):
            raise refusal(text)
        return value

    return AfterValidator(check)


def without_default(schema: dict[str, Any]) -> None:
    """A field of a JSON Schema whose default depends on the rest of the document."""
    schema.pop("default", None)


def _pattern(pattern: str) -> Any:
    return Field(json_schema_extra={"pattern": pattern})


Line = Annotated[str, _checked(is_safe_line, UNSAFE_LINE), _pattern(LINE_PATTERN)]
Text = Annotated[str, _checked(is_safe_text, UNSAFE_TEXT), _pattern(TEXT_PATTERN)]
