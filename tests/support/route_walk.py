"""Every route of an application, those of included routers among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def registered(routes: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Path templates with their routes."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from registered(inner.routes, prefix + getattr(route.include_context, "prefix", ""))
        else:
            yield prefix + route.path, route
