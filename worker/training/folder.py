"""Folders whose files are what a set-up can name: update rules, schedules and backward rules."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType


def names_in(path: Iterable[str]) -> tuple[str, ...]:
    """Names of a folder's files, in order, but for those that begin with an underscore.

    Args:
        path: `__path__` of the package.
    """
    found = (module.name for module in pkgutil.iter_modules(path))
    return tuple(sorted(name for name in found if not name.startswith("_")))


def file_named(name: str, names: Iterable[str], package: str, field: str) -> ModuleType:
    """The file of that name as a module. A name that the folder does not list is never imported.

    Args:
        name: as a set-up has it.
        names: of the folder's files.
        package: that the folder is.
        field: of the set-up, for the message.

    Raises:
        ValueError: there is no such file.
    """
    if name not in names:
        raise ValueError(f"`{field}` must be one of {', '.join(names)}, got {name!r}")
    return importlib.import_module(f"{package}.{name}")
