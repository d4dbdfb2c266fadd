"""Decides who owns an Idempotency-Key, and who may have the answer under it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from engine.parameters.expression import Expression
from engine.steps.authentication import (
    AUTHENTICATION,
    Authentication,
    Caller,
    callers,
    identity_of,
    usual_credentials,
)
from engine.steps.error_handler import log_failure
from engine.steps.flow import Flow
from engine.steps.heads import head_of
from engine.values.errors import FlowError
from engine.values.event import Event
from engine.values.refusal import Refusal
from engine.values.stored_values import digest_of

log = logging.getLogger("engine")

PERMISSIONS = ("roles", "scopes")
"""The entries of `vars.authentication` with the caller's permissions."""

Proofs = list[list[Any]]
"""The authentication steps after the head that a caller passed: their numbers, each with a digest of its identity."""


class Keyholders:
    """Finds the owner of a key for a listener: by the connection's certificate, its gates, the author's rule.

    Credentials that only steps after the head look at distinguish callers as they are, unread; if nothing else does,
    the usual credentials do.
    """

    def __init__(self, flow: Flow, rule: Expression | None) -> None:
        self._gates, self._checks, others = head_of(flow)
        self._others = [step.processor for step in others if isinstance(step.processor, Authentication)]
        self._rule = rule

    async def passed(self, event: Event) -> list[Event]:
        """Return the event after each of the gates. Raises the FlowError of a gate that rejects the caller."""
        passed = []
        for gate in self._gates:
            event = await gate.run(event)
            passed.append(event)
        return passed

    def holder(self, event: Event, passed: list[Event]) -> list[Any]:
        """Return the owner of a key, with the rule that determined it: under another rule the key has no owner.

        Raises Refusal (500) if the rule fails.
        """
        shown = [caller.identity for caller in callers()]
        named = self._named(passed[-1] if passed else event)
        looked_at = [gate.credentials(event) for gate in self._gates]
        unread = [sent for each in self._others if (sent := each.credentials(event)) not in looked_at]
        otherwise = None if passed or named is not None else usual_credentials(event)
        rule = str(self._rule.written) if self._rule else None
        return [rule, shown, [identity_of(each) for each in passed], named, unread, otherwise]

    def _named(self, event: Event) -> Any:
        """Return the caller according to the author's rule."""
        if self._rule is None:
            return None
        try:
            return self._rule.evaluate(event)
        except FlowError as failure:
            failure.event = event
            log_failure(failure)
            raise Refusal(500, failure.type, failure.description) from failure

    # The answer

    def proofs(self) -> Proofs | None:
        """Return the proofs that the caller of the completed request had to give after the head.

        None if an unforeseeable step identified the caller: the owner of the answer is unknown.
        """
        found: Proofs = []
        for step, identity in callers():
            if step in self._others:
                found.append([self._others.index(step), digest_of(identity)])
            elif step is not None and step not in self._gates:
                log.warning("an answer under an Idempotency-Key is not kept: only the run showed who calls")
                return None
        return found

    async def may_have(self, event: Event, proofs: Proofs) -> bool:
        """Return whether a caller accepted by the gates passes the checks after them with the same proofs again."""
        try:
            await self._checks(event)
            return all([await self._proves(event, *proof) for proof in proofs])
        except FlowError:
            return False

    async def _proves(self, event: Event, number: int, whom: str) -> bool:
        if number >= len(self._others):
            return False
        step = self._others[number]
        return digest_of(Caller.found(step, event, await step.run(event)).identity) == whom


def permissions(event: Event) -> list[Any]:
    """Return the caller's permissions, as far as the gates know: with other permissions it is another request."""
    known = event.vars.get(AUTHENTICATION)
    granted = [known.get(name) or () for name in PERMISSIONS] if isinstance(known, Mapping) else []
    return [sorted(map(str, each)) for each in granted]
