"""The reference of the Python package: its public names, whose docstrings the site's builder reads."""

from __future__ import annotations

from collections.abc import Iterator

import golden_study

INTRO = """# Python

`pip install .` brings the package `golden_study`; PyTorch is needed for the built-in trainer alone. [Train with your own
program](../how-to/own-training.md) and [Keep your Optuna loop](../how-to/optuna.md) show it at work.

## The package
"""
FIRST = ("locate", "work", "judge", "LocateSampler", "Trial", "Verdict")
CLIENT = """## The client of a service

Every verb of the HTTP API as a method. Answers are models; `client.json` gives them as JSON values.
"""


def page() -> str:
    """The page."""
    return "\n".join([INTRO, *_names(), CLIENT, *_reference("service.client.Client", "service.client.Client")])


def _names() -> Iterator[str]:
    for name in (*FIRST, *sorted(set(golden_study.__all__) - set(FIRST))):
        place = getattr(golden_study, name)
        yield from _reference(f"{place.__module__}.{place.__qualname__}", f"golden_study.{name}")


def _reference(path: str, heading: str) -> Iterator[str]:
    yield from (f"::: {path}", "    options:", f'      heading: "{heading}"', "      heading_level: 3", "")
