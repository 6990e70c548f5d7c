"""A training that is a shell script and no Python: its result follows from the point and the seeds alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from own_trainers import document

SCRIPT = r"""#!/bin/sh
# train.sh ETA ALPHA SEED ORDER_SEED: a planted optimum, and noise of the seeds
echo "training at $1, $2" >&2
echo $$ >> "$GOLDEN_FOLDER/attempts"
__MORE__
awk -v e="$1" -v a="$2" -v s="$3" -v o="$4" 'BEGIN {
  v = log(e / 0.016); u = log((1 - a) / 0.126); noise = ((s % 1009) / 1009 + (o % 997) / 997 - 1)
  z = 3 - 0.3 * (v - u) ^ 2 - 0.2 * u ^ 2 + 0.1 * noise
  if (z < -6) z = -6
  printf "{\"step\": 1, \"val_acc\": %.3f}\n{\"val_acc\": %.3f}\n", 0.1, 1 / (1 + exp(-z))
}'
"""
WORDS = ("{eta}", "{alpha}", "{seed}", "{order_seed}")


def study_file(folder: Path, **changes: Any) -> Path:
    """The document of `own_trainers` as a file."""
    path = folder / "own.json"
    path.write_text(json.dumps(document(**changes)))
    return path


def script_file(folder: Path, more: str = "") -> Path:
    """The script, with further lines before its result."""
    path = folder / "train.sh"
    path.write_text(SCRIPT.replace("__MORE__", more))
    path.chmod(0o755)
    return path


def command(folder: Path, more: str = "") -> list[str]:
    """The words behind `golden run STUDY ... --`."""
    return [str(script_file(folder, more)), *WORDS]
