"""The reference of the command line: every verb, as `--help` describes it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import EnumType
from typing import Any, get_args

from service.manual_builder.fields import escaped

INTRO = """# Commands

Every verb of `golden`, as `golden VERB --help` describes it. Verbs that ask a service take `--server`, reads take
`--json`. {epilog}
"""
SHARED = ("--help", "--install-completion", "--show-completion")


def page() -> str:
    """The page."""
    import typer.main

    from service.commands.root import EPILOG, app

    root = typer.main.get_command(app)
    return "\n".join([INTRO.format(epilog=EPILOG), *_verbs(root, "golden")])


def _verbs(command: Any, path: str) -> Iterator[str]:
    for name, verb in getattr(command, "commands", {}).items():
        if verb.hidden:
            continue
        if hasattr(verb, "commands"):
            yield from _verbs(verb, f"{path} {name}")
        else:
            yield from _verb(verb, f"{path} {name}")


def _verb(verb: Any, path: str) -> Iterator[str]:
    arguments = [p for p in verb.params if p.param_type_name == "argument"]
    options = [p for p in verb.params if p.param_type_name == "option" and not p.hidden and p.opts[0] not in SHARED]
    yield from (f"## {path}", "")
    yield from (
        f"```\n{' '.join([path, *(_named(a) for a in arguments), *(['[OPTIONS]'] if options else [])])}\n```",
        "",
    )
    for paragraph in (verb.help or "").replace("\b", "").split("\n\n"):
        yield from (escaped(" ".join(paragraph.split())), "")
    rows = [f"| `{_named(a)}` | {escaped(a.help or '')} |" for a in arguments if getattr(a, "help", "")]
    rows += [f"| {_spelled(o)} | {escaped(' '.join((o.help or '').split()))}{_default(o)} |" for o in options]
    if rows:
        yield from ("| option | meaning |", "|---|---|", *rows, "")


def _named(argument: Any) -> str:
    name = (argument.metavar or argument.name.upper()).replace("[", "").replace("]", "")
    dots = "..." if argument.nargs == -1 and not name.endswith("...") else ""
    return f"{name}{dots}" if argument.required else f"[{name}{dots}]"


def _spelled(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    return names if option.is_flag or _annotation(option) is bool else f"{names} {_value(option)}"


def _annotation(option: Any) -> Any:
    """The type of an option's value."""
    return option.type_descriptor.annotation


def _value(option: Any) -> str:
    """What stands after an option: its placeholder, else its choices, else its type."""
    kind = _annotation(option)
    choices = tuple(kind) if isinstance(kind, EnumType) else get_args(kind)
    if option.metavar or not choices:
        return f"`{option.metavar or getattr(kind, '__name__', 'value').upper()}`"
    return ", ".join(f"`{getattr(each, 'value', each)}`" for each in choices)


def _default(option: Any) -> str:
    value = option.default
    if callable(value) or value in (None, False, True, (), [], "") or not isinstance(value, str | int | float):
        return ""
    return f" Default: `{value}`."
