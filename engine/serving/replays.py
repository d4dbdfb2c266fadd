"""Replays answers, so that a request with an Idempotency-Key runs once."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from engine.limits import LARGEST_KEPT_ANSWER, LONGEST_IDEMPOTENCY_KEY
from engine.serving.answer import Answer
from engine.serving.idempotency import Idempotency
from engine.serving.keyholder import Keyholders, permissions
from engine.steps.flow import Flow
from engine.stores.away import goes_on
from engine.stores.store import KEY_ALREADY_EXISTS, KEY_NOT_FOUND, Store
from engine.values.errors import FlowError
from engine.values.event import Event
from engine.values.refusal import Refusal
from engine.values.stored_values import NotSerialisable, digest_of

log = logging.getLogger("engine")

HEADER = "idempotency-key"
REPLAYED = {"idempotent-replayed": "true"}
"""The header that marks a replayed answer (Stripe's)."""

SIZE = f"{{1,{LONGEST_IDEMPOTENCY_KEY}}}"
KEY = re.compile(rf'"((?:[ !#-\[\]-~]|\\["\\]){SIZE})"|([!#-+\--~]{SIZE})')
"""A string of a structured field (RFC 8941, 3.3.3), or the bare key, as most clients send it; two keys are invalid."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing: their keys are ignored."""

PASSING = frozenset({401, 403, 408, 425, 429})
"""Statuses, in addition to 5xx, that do not depend on the request itself: it may be sent again."""

GRACE = 5.0
"""Seconds after the deadline of the flow until a request whose process died may be sent again."""


class Marked(NamedTuple):
    """A request under a key. entry: its key in the store; fingerprint: distinguishes it from other requests.

    event: the event after the gates.
    """

    entry: str
    fingerprint: str
    event: Event


class Replays:
    """The answers of a listener by key.

    A key belongs to a caller. Its entry first says that the request is running, then holds its answer. The
    flow's answers are kept, including failures of the request, but not 5xx, 401, 403, 408, 425, 429, streams,
    and bodies over 1 MiB: after those the request runs again. An answer is replayed only to callers that pass
    the head of the flow: its authentication steps, and the checks right after them.

    Answers stay valid when the steps change, also after a restart, because the request has run; but not when
    the rule that distinguishes callers changes.
    """

    def __init__(self, idempotency: Idempotency, flow: Flow) -> None:
        self._rules = idempotency
        self._flow = flow.name
        self._store: Store = idempotency.store_in(flow.runtime, flow.name)
        self._longest_run = (flow.timeout or (flow.source and flow.source.default_timeout) or 0.0) + GRACE
        self._holders = Keyholders(flow, idempotency.caller)

    async def answer(self, event: Event, run: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return the answer to the request of an event: the result of `run`, or the answer of the first time.

        Raises Refusal: 400 without a key, if one is required, and for an invalid key, 409 while
        the first request runs, 422 for another request under the key, 503 without the store.
        """
        key = self._key(event)
        if key is None:
            return await run()
        try:
            passed = await self._holders.passed(event)
        except FlowError:  # the flow raises it again, and its handlers answer
            return await run()
        return await self._once(self._marked(key, event, passed), run)

    def _key(self, event: Event) -> str | None:
        if event.attributes["method"] in SAFE:
            return None
        given = event.attributes["headers"].get(HEADER)
        if given is None:
            if self._rules.required:
                raise _bad_request("the header Idempotency-Key is missing: a key of its own for each request")
            return None
        match = KEY.fullmatch(given)
        if match is None:
            raise _bad_request("the header Idempotency-Key holds no key of 1 to 255 printable characters")
        return re.sub(r"\\(.)", r"\1", match[1]) if match[1] else match[2]

    def _marked(self, key: str, event: Event, passed: list[Event]) -> Marked:
        sent, known = event.attributes, passed[-1] if passed else event
        request = [self._flow, sent["method"], sent["rawRequestPath"], sent["queryString"], event.payload]
        try:
            entry = "idempotency:" + digest_of([self._holders.holder(event, passed), key])
            return Marked(entry, digest_of([*request, permissions(known)]), known)
        except NotSerialisable:
            raise _bad_request("a body of this kind cannot be told from another, as an Idempotency-Key needs") from None

    async def _once(self, marked: Marked, run: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            stored = await self._begun(marked)
        except FlowError as error:
            if not goes_on(error, self._rules.when_away, self._rules.unchecked):
                raise _unavailable(error) from error
            return await run()
        if stored is not None:
            may_have = await self._holders.may_have(marked.event, stored.get("proofs", []))
            return self._again(stored, marked) if may_have else await run()
        self._rules.first.value += 1
        answer = None
        try:
            answer = await run()
            return answer
        finally:
            await self._end(marked, answer)

    def _again(self, stored: Any, marked: Marked) -> Answer:
        if stored["request"] != marked.fingerprint:
            self._rules.mismatches.value += 1
            detail = "the Idempotency-Key was used for another request"
            raise Refusal(422, "HTTP:UNPROCESSABLE_ENTITY", detail)
        if "status" not in stored:
            self._rules.conflicts.value += 1
            detail = "a request with this Idempotency-Key is being processed"
            raise Refusal(409, "HTTP:CONFLICT", detail, {"retry-after": "1"})
        self._rules.replayed.value += 1
        return Answer(stored["status"], stored["body"], {**stored["headers"], **REPLAYED})

    async def _begun(self, marked: Marked) -> Any:
        """Note that the request is running, and return None; or return what is stored under its key already."""
        while not await self._begin(marked):
            if (stored := await self._store.get(marked.entry, None)) is not None:
                return stored
        return None

    async def _begin(self, marked: Marked) -> bool:
        """Note that the request is running. Return false if there is an entry under its key."""
        try:
            note = {"request": marked.fingerprint}
            await self._store.put(marked.entry, note, ttl=self._longest_run, replace=False)
        except FlowError as error:
            if error.type != KEY_ALREADY_EXISTS:
                raise
            return False
        return True

    async def _end(self, marked: Marked, answer: Answer | None) -> None:
        """Keep the answer, or forget that the request ran."""
        try:
            proofs = self._holders.proofs() if answer is not None and _is_kept(answer) else None
            if answer is not None and proofs is not None:
                record = {"request": marked.fingerprint, "status": answer.status, "headers": answer.headers}
                record |= {"body": answer.body, "proofs": proofs}
                await self._store.put(marked.entry, record, ttl=self._rules.ttl)
            else:
                await self._store.remove(marked.entry)
        except FlowError as error:  # the request has run: an error of the store is not the caller's problem
            if error.type != KEY_NOT_FOUND:
                log.error("the answer under an Idempotency-Key is not kept: %s", error.detailed_description)


def _is_kept(answer: Answer) -> bool:
    if answer.status >= 500 or answer.status in PASSING:
        return False
    is_small = isinstance(answer.body, bytes) and len(answer.body) <= LARGEST_KEPT_ANSWER
    if not is_small:
        log.warning("an answer under an Idempotency-Key is streamed, or too large, and not kept")
    return is_small


def _bad_request(detail: str) -> Refusal:
    return Refusal(400, "HTTP:BAD_REQUEST", detail)


def _unavailable(error: FlowError) -> Refusal:
    log.error("no answers can be kept under an Idempotency-Key: %s", error.detailed_description)
    return Refusal(503, error.type, "the answers cannot be kept", {"retry-after": "1"})
