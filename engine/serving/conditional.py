"""Conditional requests (RFC 9110, 13): an answer that the caller already has is not sent again."""

from __future__ import annotations

from hashlib import blake2b

from engine.serving.answer import Answer
from engine.serving.headers import Headers
from engine.steps.authentication import callers

READING = frozenset({"GET", "HEAD"})
PRIVATE = "private, no-cache"
"""The Cache-Control of answers to known callers: shared caches must not keep them, the caller's own revalidates.

RFC 9111, 3.5 covers Authorization only, not keys in other headers or the query, nor certificates.
"""
KEPT = frozenset({"cache-control", "content-location", "date", "etag", "expires", "vary"})
"""Headers that a 304 shares with the answer that it replaces (RFC 9110, 15.4.5)."""


def with_entity_tag(answer: Answer, method: str, headers: Headers) -> Answer:
    """Return the answer to GET or HEAD with an ETag, or 304 if If-None-Match names it. A flow's own ETag is kept."""
    if method not in READING or answer.status != 200 or not isinstance(answer.body, bytes):
        return answer
    tag = answer.headers.setdefault("etag", f'"{blake2b(answer.body, digest_size=16).hexdigest()}"')
    wanted = headers.find("if-none-match")
    if wanted is None or not _names(wanted, str(tag)):
        return answer
    return Answer(304, b"", {name: value for name, value in answer.headers.items() if name in KEPT})


def kept_apart(answer: Answer, method: str) -> Answer:
    """Return the answer, restricted to the caller's own cache if the caller is known. A flow's own rule is kept."""
    if method in READING and callers():
        answer.headers.setdefault("cache-control", PRIVATE)
    return answer


def _names(wanted: str, tag: str) -> bool:
    """Return whether a list of entity tags names this one; weak ones compare like strong ones (RFC 9110, 8.8.3.2)."""
    if wanted.strip() == "*":
        return True
    return tag.removeprefix("W/") in (each.strip().removeprefix("W/") for each in wanted.split(","))
