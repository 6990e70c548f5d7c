"""Record of a benchmark: the machine that its figures hold for, and its figures as JSON."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any


def conditions(*packages: str, **more: Any) -> dict[str, Any]:
    """Conditions that the figures hold for: processor, cores, load, and the versions of these packages.

    Args:
        packages: names of installed distributions.
        more: further facts, put between the machine's and the packages'.
    """
    found = {name: version(name) for name in packages}
    return {"cpu": processor(), "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1), **more, **found}


def processor() -> str:
    """The processor's model, as far as the system names it."""
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return names[0].split(":")[1].strip() if names else platform.processor() or platform.machine()


def write(figures: dict[str, Any], path: Path | None) -> None:
    """The figures as JSON, where a path was given."""
    if path:
        path.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
