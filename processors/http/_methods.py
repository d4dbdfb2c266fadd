"""The names of methods, and slips in them."""

from __future__ import annotations

from engine.connectors import USUAL_METHODS, did_you_mean

RARE_METHODS = frozenset(
    {
        "ACL", "BIND", "CHECKIN", "CHECKOUT", "CONNECT", "COPY", "LABEL", "LINK", "LOCK", "MERGE", "MKACTIVITY",
        "MKCALENDAR", "MKCOL", "MKREDIRECTREF", "MKWORKSPACE", "MOVE", "ORDERPATCH", "PRI", "PROPFIND", "PROPPATCH",
        "QUERY", "REBIND", "REPORT", "SEARCH", "TRACE", "UNBIND", "UNCHECKOUT", "UNLINK", "UNLOCK", "UPDATE",
        "UPDATEREDIRECTREF",
    }
)  # fmt: skip
"""Methods that look like slips and are not (https://www.iana.org/assignments/http-methods)."""


def meant_method(name: str) -> str:
    """Return the usual method that a name in upper case resembles; empty if it is one itself, or resembles none."""
    meant = None if name in RARE_METHODS else did_you_mean(name, USUAL_METHODS)
    return meant if meant and meant != name else ""
