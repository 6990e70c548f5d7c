"""The `golden` command.

Exit codes: 0 done, 1 failed, 2 bad option, setting or study, 3 not found, 4 service or database unreachable,
5 conflict with what is there, 130 interrupted. Failures are one line, or one per field, on standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from studies.programs import compute_small_matrices_alone
from studies.standard_streams import run_program


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; every failure becomes a message and an exit code."""
    compute_small_matrices_alone()
    return run_program(lambda: _run(arguments), lambda line: sys.stderr.write(f"{line}\n"))


def _run(arguments: Sequence[str] | None) -> int:
    from service.commands.root import run  # within reach of `run_program`: an interrupt while it loads is one line

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
