"""Names of the `GOLDEN_*` environment variables: service and workers often share an environment, so both know all.

What they mean is said where they are read: `service/settings.py` and `worker/main.py`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

PREFIX = "GOLDEN_"
SERVICE = (
    "DATABASE_URL",
    "HOST",
    "PORT",
    "TOKEN",
    "READ_TOKEN",
    "ALLOWED_HOSTS",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "MAX_BODY_BYTES",
    "WRITES_PER_MINUTE",
    "GUESSES_PER_MINUTE",
    "MAX_STREAMS",
    "ACCESS_LOG",
    "POOL_SIZE",
    "TICK_SECONDS",
    "SERVER",
)
SECRET_FILES = ("TOKEN_FILE", "READ_TOKEN_FILE", "DATABASE_URL_FILE")
WORKER = (
    "DATA_DIR",
    "DEVICE",
    "WORKER_NAME",
    "MAX_LANES",
    "THREADS",
    "LEASE_SECONDS",
    "POLL_SECONDS",
    "HEARTBEAT_DIR",
    "NATIVE",
    "SUPERVISOR_PID",  # set by a worker for those that it starts
)
# What Compose reads from the same environment or .env, to fill in its file.
COMPOSE = ("WORKER_MEMORY", "DATABASE_MEMORY", "POSTGRES_IMAGE", "PROMETHEUS_IMAGE", "PROMETHEUS_PORT")
KNOWN = frozenset(PREFIX + name for name in (*SERVICE, *SECRET_FILES, *WORKER, *COMPOSE))


def unknown_keys(environ: Mapping[str, str]) -> list[str]:
    """One line per GOLDEN_* variable that nothing reads, with the nearest name that something does."""
    lines = []
    for key in sorted(k for k in environ if k.startswith(PREFIX) and k not in KNOWN):
        near = difflib.get_close_matches(key, KNOWN, n=1)
        lines.append(f"{key} is set but nothing reads it" + (f"; did you mean {near[0]}?" if near else ""))
    return lines
