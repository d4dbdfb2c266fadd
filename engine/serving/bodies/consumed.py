"""Checks which bodies a listener accepts, by media type."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from engine.content.bodies import JSON, NDJSON, essence_of
from engine.values.refusal import Refusal


def check_consumed(media_type: str | None, consumes: Sequence[str]) -> None:
    """Raise Refusal (415) for a media type that is not one of these; the answer lists them (RFC 9110, 12.5.1).

    consumes: media types without parameters, or `text/*`; none means any.
    """
    if consumes and not _takes(tuple(consumes), essence_of(media_type) or JSON):
        told = ", ".join(consumes)
        raise Refusal(
            415, "HTTP:UNSUPPORTED_MEDIA_TYPE", f"the body can be one of {told}", {"accept": told}, is_early=True
        )


@lru_cache(maxsize=64)  # most requests have the same few
def _takes(consumes: tuple[str, ...], essence: str) -> bool:
    return any(
        each in (essence, f"{essence.partition('/')[0]}/*", "*/*") or (each in NDJSON and essence in NDJSON)
        for each in consumes
    )
