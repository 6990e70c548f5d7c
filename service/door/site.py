"""The site that a request comes from, as browsers tell it: by fetch metadata, `Origin` and `Referer`.

Browsers send fetch metadata (`Sec-Fetch-*`) over TLS and on loopback alone; programs send none.
"""

from __future__ import annotations

from enum import Enum
from urllib.parse import urlsplit

from starlette.datastructures import Headers

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})  # none: typed, a bookmark, or opened by another program


class Arrival(Enum):
    """The answer to a request for a login address."""

    EXCHANGE = "exchange"  # the code is exchanged for a session at once
    ASK = "ask"  # a page asks whether to log in; the code is neither used nor counted
    REFUSE = "refuse"  # nothing is looked at


def is_foreign_change(method: str, headers: Headers) -> bool:
    """True for a change that a page of another site asks for, whatever credentials the browser adds."""
    if method in SAFE_METHODS:
        return False
    return _has_foreign_origin(headers) or headers.get("sec-fetch-site", "none") not in OWN_SITES


def is_foreign_load(headers: Headers) -> bool:
    """True for what a page of another site loads: images, scripts, frames, fetches. A link that is followed is none."""
    if headers.get("sec-fetch-site", "none") in OWN_SITES:
        return False
    return (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) != ("navigate", "document")


def arrival(method: str, headers: Headers) -> Arrival:
    """The way in which the request for a login address is to be answered.

    The code is exchanged at once where the browser says that no page led here: the address was typed, or opened from a
    terminal or a mail program. A link on another site's page is asked about first: a previewer of links would use the
    code up, another's link must not log a browser in as somebody else, and the browser would not send the new cookie
    along, since it is `SameSite=Strict`. The same holds where the browser says nothing, over plain HTTP in a network.
    """
    if is_foreign_load(headers) or _has_foreign_origin(headers):
        return Arrival.REFUSE
    if "sec-fetch-site" in headers:
        return _arrival_by_metadata(method, headers)
    if "text/html" in headers.get("accept", ""):
        return Arrival.ASK
    if "mozilla/" in headers.get("user-agent", "").lower() or _has_foreign_referer(headers):
        return Arrival.REFUSE  # an image or a script of a page, in a browser without fetch metadata
    return Arrival.ASK if method == "HEAD" else Arrival.EXCHANGE


def host_of(address: str) -> str:
    """Host and port of an Origin or a Referer; "" if it has none, such as "null"."""
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""


def _arrival_by_metadata(method: str, headers: Headers) -> Arrival:
    if not _is_document(headers):
        return Arrival.REFUSE
    ahead = "prefetch" in f"{headers.get('sec-purpose', '')} {headers.get('purpose', '')}"
    own = headers["sec-fetch-site"] in OWN_SITES
    return Arrival.EXCHANGE if own and method == "GET" and not ahead else Arrival.ASK


def _is_document(headers: Headers) -> bool:
    """True if the browser shows the answer in a tab of its own."""
    return headers.get("sec-fetch-dest", "document") == "document"


def _has_foreign_origin(headers: Headers) -> bool:
    origin = headers.get("origin")
    return origin is not None and host_of(origin) != headers.get("host", "").lower()


def _has_foreign_referer(headers: Headers) -> bool:
    referer = headers.get("referer")
    return referer is not None and host_of(referer) != headers.get("host", "").lower()
