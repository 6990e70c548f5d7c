"""How a context trains, in words for pages, previews and reports; a reconstruction is called one wherever it shows."""

from __future__ import annotations

from collections.abc import Iterator

from studies.language.choice import Table
from studies.language.context import RECONSTRUCTED, Context
from studies.language.spec import StudySpec
from studies.learning.chosen import DEFAULTS, TABLES
from studies.learning.entry import Entry, Kind
from studies.learning.naming import capital, found, marked, shown_name

SHOWN: tuple[Kind, ...] = ("network", "update_rule", "schedule", "backward_rule")
LONGEST_ROW = 6  # numbers of a list that are shown one by one


def entry_of(context: Context, kind: Kind) -> Entry:
    """The entry that a context names."""
    return found(TABLES[kind], context.choice(kind).name)


def choice_words(context: Context, kind: Kind) -> str:
    """What a context names of a kind, with its values: "adam, beta1 varies, beta2 0.999, epsilon 1e-08"."""
    table = getattr(context, kind)
    varied = table.varied if isinstance(table, Table) else frozenset()
    values = context.choice(kind).values.items()
    said = [f"{name} varies" if name in varied else f"{name} {_value(value)}" for name, value in values]
    return ", ".join([shown_name(entry_of(context, kind)), *said])


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return _row(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _row(numbers: tuple[float, ...]) -> str:
    """A list of numbers: all of it, or both ends and the count of a long one; "none" for an empty one."""
    shown = [f"{number:g}" for number in numbers]
    if len(shown) <= LONGEST_ROW:
        return " ".join(shown) or "none"
    return f"{' '.join(shown[:3])} ... {shown[-1]} ({len(shown)} numbers)"


def trained_as(context: Context) -> list[tuple[str, str]]:
    """How a context trains, as (label, words): data, network and rule; schedule and backward rule where unusual."""
    usual = [
        kind for kind in SHOWN if kind in ("network", "update_rule") or context.choice(kind).name != DEFAULTS[kind]
    ]
    named = [(kind.replace("_", " ").capitalize(), choice_words(context, kind)) for kind in usual]
    batch = f"{context.batch_size}, {context.epochs} {'epoch' if context.epochs == 1 else 'epochs'}"
    return [("Data", f"{shown_data(context)}, {context.image_count:,} images"), *named, ("Batch size", batch)]


def shown_data(context: Context) -> str:
    """The name of a context's data set, with the word "reconstruction" where no source gives all of it."""
    return marked(context.dataset, context.dataset in RECONSTRUCTED)


def trained_in_common(spec: StudySpec) -> tuple[list[tuple[str, str]], dict[str, list[tuple[str, str]]]]:
    """How a study's built-in contexts train: what all of them share, and by context what each has of its own."""
    said = {context.name: trained_as(context) for context in spec.built_in}
    first = next(iter(said.values()), [])
    shared = [pair for pair in first if all(pair in pairs for pairs in said.values())]
    return shared, {name: [pair for pair in pairs if pair not in shared] for name, pairs in said.items()}


def shown_context(spec: StudySpec, name: str) -> str:
    """A context's name as tables and pages show it: with the word "reconstruction" where it trains by one."""
    context = next((each for each in spec.built_in if each.name == name), None)
    return name if context is None else _shown(context)


def shown_sweep(spec: StudySpec, name: str) -> str:
    """The name of a sweep (`sweep_name`) as terminals show it: its context's as `shown_context` has it."""
    context = name.partition("@")[2]
    return name + shown_context(spec, context).removeprefix(context)


def shown_contexts(spec: StudySpec) -> dict[str, str]:
    """The names of a study's built-in contexts as people read them, by their own; others have no other name."""
    return {context.name: _shown(context) for context in spec.built_in}


def _shown(context: Context) -> str:
    ours = context.dataset in RECONSTRUCTED or any(entry.reconstruction for entry in _entries(context))
    return marked(context.name, ours)


def notes(spec: StudySpec) -> tuple[str, ...]:
    """What a reader must know of the entries that a study's contexts name: one sentence or two for each of them."""
    named = {id(entry): entry for context in spec.built_in for entry in _entries(context)}
    return tuple(f"{shown_name(entry)}: {'. '.join(_said(entry))}." for entry in named.values() if any(_said(entry)))


def _said(entry: Entry) -> list[str]:
    source = [f"no source gives all of it ({entry.source})"] if entry.reconstruction else []
    note = capital(entry.note) if source else entry.note
    return [*source, *([note] if note else [])]


def _entries(context: Context) -> Iterator[Entry]:
    return (entry_of(context, kind) for kind in SHOWN)
