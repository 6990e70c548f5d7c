"""Lets a process take itself for another release of an installed package: other metadata, the same code."""

from __future__ import annotations

import os
from pathlib import Path


def pretending(folder: Path, *, package: str = "golden_study", version: str) -> dict[str, str]:
    """Environment of a process that finds this version of a package installed.

    Args:
        folder: an empty folder for the metadata.
        package: its name, with underscores.
    """
    metadata = folder / f"{package}-{version}.dist-info"
    metadata.mkdir(parents=True)
    text = f"Metadata-Version: 2.1\nName: {package.replace('_', '-')}\nVersion: {version}\n"
    (metadata / "METADATA").write_text(text, "utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}
