"""The `Link` header of a list that is sent a page at a time."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Request


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """`Link` header to the next page (RFC 8288); empty on the last page.

    Args:
        request: whose address and query the next page shares.
        cursor: where the next page begins; None on the last page.
    """
    if cursor is None:
        return {}
    query = [(key, value) for key, value in request.query_params.multi_items() if key != "cursor"]
    return {"Link": f'<{request.url.path}?{urlencode([*query, ("cursor", cursor)])}>; rel="next"'}
