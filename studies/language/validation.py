"""Problems of a document, read from the errors of its pydantic model.

Pydantic lets a validator raise one error. A validator of a whole model, which may find many faults, raises an
`InconsistentError` that carries them as a list, and `problems_of` hands that list on with the model's own place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from studies.errors import MOST_LISTED, Problem, ProblemList, SpecError
from studies.language.nearest import fields_at, guess, quoted
from studies.learning.entry import Kind

SLUG = r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"
LOSS_NAME = r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,39}$"
TAG = r"^[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?$"
ARM_NAME = r"^[a-z0-9_.:+-]+$"
MEASURE_NAME = r"^[A-Za-z_][A-Za-z0-9_.:/-]{0,62}$"
PARAMETER_NAME = r"^[A-Za-z_][A-Za-z0-9_.-]{0,62}$"
OWN_LOSS = r"^[a-z0-9](?:[a-z0-9_-]{0,30}[a-z0-9])?$"
PATTERNS = {
    SLUG: "must be 1 to 63 lower-case letters, digits and inner hyphens",
    TAG: "must be 1 to 32 lower-case letters, digits and inner dots, hyphens and underscores",
    ARM_NAME: "must be the name of an arm, such as claim, best or mate:0.97",
    MEASURE_NAME: "must be 1 to 63 letters, digits, dots, colons, slashes, hyphens and underscores, a letter first",
    PARAMETER_NAME: "must be 1 to 63 letters, digits, dots, hyphens and underscores, a letter or underscore first",
    LOSS_NAME: "must be 1 to 40 letters, digits, spaces, dots, hyphens and underscores, a letter or digit first",
    OWN_LOSS: "must be a built-in loss such as golden or, where every context is external, 1 to 32 lower-case letters, "
    "digits and inner hyphens or underscores",
}
MOST_SHOWN = 60  # characters of a value that a message quotes
MOST_KEY = 80  # characters of a key that a path quotes
BUILT_IN, EXTERNAL = "built-in", "external"  # pydantic's tags of the two kinds of contexts
_KINDS = frozenset(get_args(Kind))  # fields whose tables are tagged by the name of an entry
_DESIGNS = frozenset({"locate", "search", "cross_validation", "compare"})

Error = Mapping[str, Any]  # one of pydantic's `ErrorDetails`


class InconsistentError(ValueError):
    """Fields that are acceptable one by one and contradict each other.

    Attributes:
        problems: the faults, at least one, their fields relative to the model that was validated.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(ProblemList.of(self.problems).lines()))


def refusal_of(error: ValidationError, text: Callable[[Error], str] | None = None) -> SpecError:
    """The refusal that pydantic's error stands for. Only as many problems are put into words as an answer lists.

    Args:
        error: what a model raised.
        text: as in `problems_of`.
    """
    return refusal_of_all(error.errors(include_url=False), text)


def refusal_of_all(errors: Sequence[Error], text: Callable[[Error], str] | None = None) -> SpecError:
    """The refusal that some of pydantic's errors stand for; arguments as of `refusal_of`."""
    return SpecError(problems_of(errors[:MOST_LISTED], text), unlisted=max(0, len(errors) - MOST_LISTED))


def problems_of(errors: Iterable[Error], text: Callable[[Error], str] | None = None) -> list[Problem]:
    """The problems that pydantic's errors stand for, in their order.

    Args:
        errors: what `ValidationError.errors()` gives.
        text: the words for the error of a single field; `field_text` unless given.
    """
    return [problem for error in errors for problem in _problems(error, text or field_text)]


def field_path(location: Sequence[str | int]) -> str:
    """The place of an error as a field path, without the tags that pydantic adds to designs, contexts and entries."""
    before = ("", *location)
    parts = [part for part, above in zip(location, before, strict=False) if not _is_tag(part, above)]
    return joined(*(key_text(part) for part in parts))


def _is_tag(part: str | int, above: str | int) -> bool:
    if above in _KINDS:
        return isinstance(part, str)
    return (above == "design" and part in _DESIGNS) or (isinstance(above, int) and part in (BUILT_IN, EXTERNAL))


def key_text(key: str | int) -> str:
    """A key as a path shows it: cut where it is long, escaped where it is not printable."""
    text = str(key)[:MOST_KEY]
    return text if text.isprintable() else ascii(text)[1:-1]


def joined(*parts: str) -> str:
    """The field path of these parts, empty ones left out."""
    return ".".join(part for part in parts if part)


def message_of(error: Error) -> str:
    """What is wrong with a value, without the value: a pattern that has words of its own by these."""
    message = lowered(str(error["msg"]))
    return PATTERNS.get(error["ctx"]["pattern"], message) if error["type"] == "string_pattern_mismatch" else message


def field_text(error: Error) -> str:
    """The fault of a single field in words, with the value that the field has."""
    kind, message = error["type"], message_of(error)
    if kind == "extra_forbidden":
        return "unknown field; remove it or check its spelling"
    if kind == "union_tag_invalid":
        tags = quoted(error["ctx"]["expected_tags"])
        return f"kind should be {', '.join(tags)}, got {shown(error['ctx']['tag'])}{guess(error['ctx']['tag'], tags)}"
    if kind == "union_tag_not_found":
        return "`kind` is missing; set it to locate, search, cross_validation or compare"
    if kind in {"value_error", "missing"}:
        return message
    near = guess(error.get("input"), quoted(error["ctx"]["expected"])) if kind in {"literal_error", "enum"} else ""
    return f"{message}, got {shown(error.get('input'))}{near}"


def text_within(model: type[BaseModel]) -> Callable[[Error], str]:
    """The words of `field_text`, which name for an unknown field the nearest one that `model` has at its place."""

    def text(error: Error) -> str:
        place = error["loc"]
        if error["type"] != "extra_forbidden" or not (near := guess(place[-1], fields_at(model, place))):
            return field_text(error)
        return f"unknown field{near} If not, remove it"

    return text


def lowered(message: str) -> str:
    """Pydantic's message as the end of a sentence that a field path begins."""
    plain = message.removeprefix("Value error, ")
    return plain[:1].lower() + plain[1:]


def shown(value: object) -> str:
    """A value in ASCII, cut where it is long."""
    text = ascii(value)
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 3] + "..."


def _problems(error: Error, text: Callable[[Error], str]) -> list[Problem]:
    place = field_path(error["loc"])
    cause = error.get("ctx", {}).get("error")
    if not isinstance(cause, InconsistentError):
        return [Problem(place, text(error))]
    return [Problem(joined(place, field), said) for field, said in cause.problems]
