"""The text of a study document with a comment on every line, for people who read it before they run it.

Nothing is decided here: the text says what the document says, key by key, and reads back as the same document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Say = str | Callable[[Any, Mapping[str, Any]], str]  # a comment, or what makes one of the value and its table
COLUMN = 32  # at which comments begin, where lines are short enough
MOST_COLUMNS = 120
SCALES = {
    "log": "equal factors are equally far apart, as for a learning rate",
    "log_one_minus": "equal factors of 1 - x are equally far apart, as for a momentum",
    "linear": "equal differences are equally far apart",
}
KINDS = {
    "share": "a share of test cases, between 0 and 1",
    "positive": "a number above 0; values are compared by their ratio",
    "real": 'any number; for a share of test cases write "share", and test_size = how many cases below',
}
OBJECTIVES = {
    "accuracy": "judged by the share of test images that is classified correctly",
    "error": "judged by the share of test images that is classified wrongly",
    "cross_entropy": "judged by the cross-entropy on the test images",
    "own_loss": "judged by the loss that was trained, on the test images",
    "loss_area": "judged by the mean of the training loss over the training: fast learners win",
    "epochs_to_target": "judged by the epochs until the target accuracy is reached",
}
TOP: Mapping[str, Say] = {
    "schema_version": "version of the language that this document is written in",
    "name": "of the study: 1 to 63 lower-case letters, digits and inner hyphens",
    "ridge": "known of momentum SGD: points of equal lr / (1 - momentum) do about equally well",
    "losses": "the loss that is trained; each further one would be a sweep of its own",
}
CLAIM: Mapping[str, Say] = {
    "at": "the point that is claimed to be best",
    "tolerance_factor": lambda factor, _: f"on a log scale, near the claim means within a factor of {factor:g}",
    "tolerance": "how near is near, in the linear parameter's own unit",
    "objective": lambda name, _: OBJECTIVES[name],
}
PARAMETER: Mapping[str, Say] = {
    "name": "as your training calls it",
    "scale": lambda scale, _: SCALES[scale],
    "low": "smallest value that is tried",
    "high": "largest; the range may be widened once if the best values press on its end",
}
MEASURE: Mapping[str, Say] = {
    "name": "the number that each training reports",
    "direction": lambda way, _: f"{'larger' if way == 'maximize' else 'smaller'} is better",
    "kind": lambda kind, _: KINDS[kind],
    "test_size": "how many cases it is a share of",
}
CONTEXT: Mapping[str, Say] = {
    "trainer": "your own program trains; nothing here names it",
    "name": "what the verdict calls this training",
    "settings": 'held fixed, in your own words, such as { network = "resnet18" }; frozen with the claim',
    "dataset": "the images; network and protocol are the built-in ones (golden schema lists them)",
    "epochs": "length of a training",
}
DESIGN: Mapping[str, Say] = {
    "kind": "find where the best point lies, and compare the claim with it",
    "map_points": "points spread over the ranges, one training each: where is it good at all?",
    "claim_replicates": "trainings of the claimed point beside them: how noisy is a training?",
    "zoom_points": "points in the part that looks best",
    "confirm_blocks": "most rounds of fresh trainings, the claim against rivals; fewer if they decide",
}
REPLICATION: Mapping[str, Say] = {
    "folds": lambda folds, _: (
        "your program splits the data itself; more: each training is told its fold"
        if folds == 1
        else "parts that the images are split into; each training is tested on one"
    ),
}
HEADINGS: Mapping[str, str] = {
    "claim": "What is claimed. All of it is frozen before the first training.",
    "parameters": "The two parameters, and the ranges that are searched.",
    "measure": "What a training is judged by.",
    "contexts": "What stays the same in every training.",
    "design": "How many trainings. More decide finer differences.",
    "replication": "How the data are split.",
}
TABLES: Mapping[str, Mapping[str, Say]] = {
    "claim": CLAIM,
    "parameters": PARAMETER,
    "measure": MEASURE,
    "contexts": CONTEXT,
    "design": DESIGN,
    "replication": REPLICATION,
}


def study_text(document: Mapping[str, Any], *, file: str) -> str:
    """The document as TOML, commented; the same document gives the same text.

    Args:
        document: of version 3, its tables among those of `TABLES`, its other fields among those of `TOP`.
        file: the name under which it is kept, for the commands in its head.

    Raises:
        KeyError: a field has no comment here.
    """
    _require_comments(document)
    lines = [*_head(document, file), ""]
    lines += [_line(key, document[key], TOP[key], document) for key in TOP if key in document]
    for key, heading in HEADINGS.items():
        for i, table in enumerate(_tables(document.get(key))):
            lines += ["", *([f"# {heading}"] if i == 0 else []), _title(key, document[key])]
            lines += [_line(name, table[name], say, table) for name, say in TABLES[key].items() if name in table]
    return "\n".join(lines) + "\n"


def _require_comments(document: Mapping[str, Any]) -> None:
    fields = {key for key in document if key not in TABLES} - TOP.keys()
    fields |= {
        f"{key}.{name}"
        for key, known in TABLES.items()
        for table in _tables(document.get(key))
        for name in table.keys() - known.keys()
    }
    if fields:
        raise KeyError(", ".join(sorted(fields)))


def _head(document: Mapping[str, Any], file: str) -> Iterator[str]:
    """What is asked, and the commands that come next."""
    at = document["claim"]["at"]
    point = ", ".join(f"{name} = {_number(value)}" for name, value in at.items())
    yield f"# Does the best {' and '.join(at)} lie near {point}?"
    yield "#"
    yield from (f"#   {command}" for command in next_commands(document, file))
    yield "#"
    yield "# Change what you like, but before the first training: a study is frozen when it begins, so that nobody can"
    yield "# move the claim to where the results are."


def next_commands(document: Mapping[str, Any], file: str) -> list[str]:
    """The commands that come next, each with what it does."""
    shown = file if re.fullmatch(r"[\w./+-]+", file, re.ASCII) else "'" + file.replace("'", "'\\''") + "'"
    submit = (f"golden submit {shown}", "hands it to a service (golden serve), whose workers train")
    commands = [(f"golden preview {shown}", "says how many trainings it takes; runs nothing"), submit]
    if "measure" in document:
        options = " ".join(f"--{parameter['name']} {{{parameter['name']}}}" for parameter in document["parameters"])
        train = f"golden run {shown} -- python train.py {options} --seed {{seed}}"
        commands[1:] = [
            (train, "trains here, up to the verdict"),
            (submit[0], "or: hands it to a service, for workers"),
        ]
    width = max(len(command) for command, _ in commands if len(command) <= COLUMN + 8)
    return [f"{command.ljust(width)}   # {what}" for command, what in commands]


def _tables(found: Any) -> list[Mapping[str, Any]]:
    if found is None:
        return []
    return list(found) if isinstance(found, list) else [found]


def _title(key: str, found: Any) -> str:
    return f"[[{key}]]" if isinstance(found, list) else f"[{key}]"


def _line(key: str, value: Any, say: Say, table: Mapping[str, Any]) -> str:
    """One field with its comment beside it, or above it where the line would be too long."""
    written = f"{key} = {_value(value)}"
    comment = f"# {say if isinstance(say, str) else say(value, table)}"
    beside = f"{written.ljust(COLUMN - 1)} {comment}"
    return beside if len(beside) <= MOST_COLUMNS else f"{comment}\n{written}"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(name)} = {_value(member)}" for name, member in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def _number(value: float) -> str:
    """A number as TOML has it; the shortest text that reads back as the same number."""
    text = repr(float(value))
    mantissa, power, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if power else text
