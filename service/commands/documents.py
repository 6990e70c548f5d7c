"""Study documents on the command line: from a file, standard input or the catalogue, with `--set` overrides."""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from service.commands.files import read_file, shown_path
from studies.errors import Problem, SpecError
from studies.language import catalogue
from studies.language.reading import MAX_BYTES, Form, json_values, read
from studies.language.soundness import MAX_DEPTH
from studies.language.spec import StudySpec, parse
from studies.language.validation import SLUG, joined, shown

if TYPE_CHECKING:
    from service.schemas import CatalogueDetail

NOT_JSON = frozenset({"NaN", "Infinity", "-Infinity"})  # what Python's reader takes beyond JSON


class Catalogue(Protocol):
    """Whoever knows the ready-made studies: a service, or this program."""

    def catalogue_study(self, name: str) -> CatalogueDetail:
        """One ready-made study with its document."""


def read_study(source: str, overrides: Sequence[str], *, client: Catalogue, name: str | None = None) -> StudySpec:
    """The study that a user names, with overrides.

    Args:
        source: a .toml or .json file, "-" for standard input, or the name of a catalogue study.
        overrides: `key.path=value` texts, `*` for every item of a list; values are JSON where they parse as such, else
            text.
        client: where a ready-made study is looked up: a service, or this program.
        name: the study's name, if not the document's.

    Raises:
        SpecError: there is no such file or entry, or the document is not acceptable.
        UsageError: the file cannot be read.
        ClientError: the catalogue could not be asked.
    """
    content = _content(source)
    if content is not None and not overrides and name is None:
        return parse(content, form=_form(content))
    document = client.catalogue_study(source).study if content is None else _decode(content)
    for override in overrides:
        _apply(document, override)
    if name is not None:
        document["name"] = name
    return parse(document)


def study_sent(study: Any, *, client: Catalogue, name: str | None = None) -> StudySpec:
    """The study that a caller sends, who names no file of this machine.

    Args:
        study: a document as a mapping, or as TOML or JSON text; or the name of a catalogue study.
        client: where a ready-made study is looked up.
        name: the study's name, if not the document's.

    Raises:
        SpecError: it is none of these, or the document is not acceptable.
        ClientError: the catalogue has no such study, or could not be asked.
    """
    if isinstance(study, str) and re.fullmatch(SLUG, study):
        document = client.catalogue_study(study).study
    elif isinstance(study, str):
        document = _decode(study.encode(errors="surrogatepass"))
    elif isinstance(study, Mapping):
        document = dict(study)
    else:
        text = f"is neither a document nor its text nor a name of the catalogue, got {shown(study)}"
        raise SpecError([Problem("study", text)])
    return parse(document if name is None else {**document, "name": name})


def _content(source: str) -> bytes | None:
    """Text of a file or of standard input; None where `source` can only be a catalogue name."""
    if source == "-":
        return _standard_input()
    path = Path(source)
    if re.fullmatch(SLUG, source) and (path.is_dir() or not path.exists()):
        return None
    if not _exists(path):
        raise SpecError([Problem("", f"there is no file {shown_path(source)}")])
    return read_file(path, MAX_BYTES)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _standard_input() -> bytes:
    try:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError([Problem("", f"cannot read standard input: {error.strerror}")]) from None


def _form(content: bytes) -> Form:
    """The form of a document by its first character: a brace begins every JSON document and no TOML document."""
    return "json" if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "toml"


def _decode(content: bytes) -> dict[str, Any]:
    """The document as a mapping, for overrides to be set in before it is parsed."""
    document = read(content, _form(content))
    if not isinstance(document, dict):
        raise SpecError([Problem("", "the document is no object with fields; send a study document")])
    return document


def scaled(*, folds: int | None, repeats: int | None, images: int | None) -> list[str]:
    """Overrides that run a protocol at another scale: folds, repeats, images of each context."""
    fields = {"replication.folds": folds, "design.repeats": repeats, "contexts.*.images": images}
    return [f"{path}={value}" for path, value in fields.items() if value is not None]


def at_paper_scale(source: str, name: str | None) -> tuple[list[str], str]:
    """Overrides that run a ready-made study at the scale of the paper, and the name that the study then has.

    Args:
        source: a name of the catalogue.
        name: as stated; None: the catalogue's, with an end of its own.

    Raises:
        SpecError: the study is no reduced one of the catalogue.
    """
    if source not in catalogue.PAPER_SCALE:
        has = f"is for reduced studies of the catalogue: {', '.join(catalogue.PAPER_SCALE)}"
        full = f"{' and '.join(catalogue.AT_PAPER_SCALE)} have that scale as they are, and "
        full += f"{catalogue.WITHOUT_PAPER_SCALE} has none, since its paper trains nothing like it"
        raise SpecError([Problem("--paper-scale", f"{has}; {full}")])
    return list(catalogue.PAPER_SCALE[source]), name or f"{source}-paper-scale"


def _apply(document: dict[str, Any], override: str) -> None:
    """Set one field, or one of every item; what the document leaves to its defaults is written out on the way."""
    path, equals, text = override.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys) or len(keys) > MAX_DEPTH:
        example = "is not of the form key.path=value, such as contexts.0.epochs=5"
        raise SpecError([Problem("--set", f"{shown(override)} {example}")])
    for single in _each(document, keys):
        _set(document, single, _value(text, path), path=path)


def _each(document: dict[str, Any], keys: list[str]) -> list[list[str]]:
    """The path with every `*` replaced by each index of the list that it stands for."""
    if "*" not in keys:
        return [keys]
    at = keys.index("*")
    node: Any = document
    default: Any = _defaults()
    for key in keys[:at]:
        node, default = _child(node, key), _child(default, key)
    items = default if node is None else node
    if not isinstance(items, list):
        raise SpecError([Problem(".".join(keys), "* stands for every item of a list, and there is no list")])
    return [path for n in range(len(items)) for path in _each(document, [*keys[:at], str(n), *keys[at + 1 :]])]


def _set(document: dict[str, Any], keys: list[str], value: Any, *, path: str) -> None:
    node: Any = document
    default: Any = _defaults()
    for key in keys[:-1]:
        default = _child(default, key)
        if isinstance(node, dict) and key not in node:
            node[key] = copy.deepcopy(default) if default is not None else {}
        node = _child(node, key)
    _store(node, keys[-1], value, path=path)


def _defaults() -> dict[str, Any]:
    return StudySpec(name="default").model_dump(mode="json")


def _child(node: Any, key: str) -> Any:
    if isinstance(node, dict):
        return node.get(key)
    return node[int(key)] if _is_item(node, key) else None


def _is_item(node: Any, key: str) -> bool:
    """True where the key is the index of an item; `isdigit` alone takes the digits of every script, and `²`."""
    return isinstance(node, list) and bool(re.fullmatch(r"[0-9]{1,6}", key)) and int(key) < len(node)


def _store(node: Any, key: str, value: Any, *, path: str) -> None:
    if isinstance(node, dict):
        node[key] = value
    elif _is_item(node, key):
        node[int(key)] = value
    else:
        raise SpecError([Problem(path, "there is no such field to set")])


def _value(text: str, path: str) -> Any:
    """The JSON value that a text is, else the text."""
    if text.strip() in NOT_JSON:
        return text
    try:
        return json_values(text)
    except SpecError as error:
        raise SpecError([Problem(joined(path, field), fault) for field, fault in error.problems]) from None
    except RecursionError:
        raise SpecError([Problem(path, "is nested too deeply; write it in quotes if it is text")]) from None
    except ValueError:
        return text
