"""Whose an Idempotency-Key is, and who may have the answer under it."""

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
"""What of `vars.authentication` says what the caller may do."""

Proofs = list[list[Any]]
"""The authentication steps behind the head that a caller passed: their numbers, each with a digest of whom it found."""


class Keyholders:
    """How a listener knows whose a key is: by the certificate of the connection, its gates, the author's rule.

    Credentials that only steps behind the head look at tell callers apart as they are, unread; where
    nothing else does, those do that are usual.
    """

    def __init__(self, flow: Flow, rule: Expression | None) -> None:
        self._gates, self._checks, others = head_of(flow)
        self._others = [step.processor for step in others if isinstance(step.processor, Authentication)]
        self._rule = rule

    async def passed(self, event: Event) -> list[Event]:
        """The event behind each of the gates. Raises the FlowError of one that does not let the caller pass."""
        passed = []
        for gate in self._gates:
            event = await gate.run(event)
            passed.append(event)
        return passed

    def holder(self, event: Event, passed: list[Event]) -> list[Any]:
        """Whose a key is, with the rule that says so: under another one it is nobody's.

        Raises Refusal (500) where the rule fails.
        """
        shown = [caller.identity for caller in callers()]
        named = self._named(passed[-1] if passed else event)
        looked_at = [gate.credentials(event) for gate in self._gates]
        unread = [sent for each in self._others if (sent := each.credentials(event)) not in looked_at]
        otherwise = None if passed or named is not None else usual_credentials(event)
        rule = str(self._rule.written) if self._rule else None
        return [rule, shown, [identity_of(each) for each in passed], named, unread, otherwise]

    def _named(self, event: Event) -> Any:
        """The caller as the author's rule has it."""
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
        """What the caller of the request that has run had to prove behind the head.

        None where a step found out who calls that could not be foreseen: nobody knows whose the answer is.
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
        """Whether the caller, whom the gates have let pass, passes the checks behind them and proves the same again."""
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
    """What the caller may do, as far as the gates have found out: another request, where that is another."""
    known = event.vars.get(AUTHENTICATION)
    granted = [known.get(name) or () for name in PERMISSIONS] if isinstance(known, Mapping) else []
    return [sorted(map(str, each)) for each in granted]
