"""A case tried with many payloads, and the smallest that fails as a case to paste."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import replace
from threading import Event
from typing import Any

from engine.testing.expected.outcome import Mismatch
from engine.testing.files.case import Act
from engine.testing.generated.properties import Schema
from engine.testing.recordings.recorded import as_yaml

NAME = "the smallest that fails"


async def smallest_failure(
    act: Act, schema: Schema, check: Callable[[Any], Awaitable[list[Mismatch]]], seed: int, examples: int
) -> list[Mismatch]:
    """Return the mismatches for the smallest payload that fails, the last of which shows it as a case."""
    loop, is_over = asyncio.get_running_loop(), Event()
    under_way: list[Future[list[Mismatch]]] = []

    def tried(payload: Any) -> list[Mismatch]:
        """Check a payload. Hypothesis calls plain functions: it works in a thread, the case in the event loop."""
        if is_over.is_set():
            raise KeyboardInterrupt  # the case has taken its time
        under_way[:] = [asyncio.run_coroutine_threadsafe(_checked(check, payload), loop)]
        return under_way[0].result()

    try:
        found = await asyncio.to_thread(schema.smallest_failure, tried, seed, examples)
    except ValueError as error:
        return [Mismatch("from-schema", "a payload", str(error))]
    finally:
        is_over.set()
        for each in under_way:
            each.cancel()
    if found is None:
        return []
    payload, mismatches = found
    return [*mismatches[:-1], replace(mismatches[-1], note=_as_case(act, payload))]


async def _checked(check: Callable[[Any], Awaitable[list[Mismatch]]], payload: Any) -> list[Mismatch]:
    return await check(payload)


def _as_case(act: Act, payload: Any) -> str:
    """Return the act with this payload, for a test file; its own steps, mocks and the like are left to the reader."""
    request = act.the_request()
    case: dict[str, Any] = {}
    if request is not None:
        case[request.method.lower()] = request.path
    elif act.flow is not None:
        case["flow"] = act.flow.static_name
    headers = {"headers": act.given.headers.written} if act.given.headers else {}
    case["given"] = {**headers, "payload": payload}
    case["expect"] = {each.text: each.wanted.written for each in act.expect.expectations}
    return f"as a case:\n{as_yaml({NAME: case})}"
