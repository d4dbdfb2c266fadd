"""The error that a test of MUnit expects."""

from __future__ import annotations

from typing import Any

from engine.mule.munit.requests import STATUS_OF
from engine.mule.munit.scripts import bare, constant, script_of
from engine.mule.munit.unfit import Unfit
from engine.mule.xml.nodes import Node

ANY = ("ANY", "MULE:ANY")
GENERAL = ("CONNECTIVITY", "RETRY_EXHAUSTED", "TRANSFORMATION", "EXPRESSION", "ROUTING", "SECURITY", "VALIDATION")
"""Types of the core of which connectors have their own, below them."""
SOME = {"$not": None}
UNKNOWN = "MULE:UNKNOWN"


def expected_error(test: Node, *, is_answer: bool, calls_flow: bool = False) -> dict[str, Any]:
    """Return the expectations of the error.

    is_answer: whether the outcome is the answer to a request. calls_flow: whether a mock calls a flow, whose errors are
    of type MULE:UNKNOWN in MUnit.
    """
    expect: dict[str, Any] = {}
    if kind := _text(test, "expectedErrorType"):
        kind = ANY[0] if calls_flow and kind.upper() == UNKNOWN else kind
        expect |= _status(test, kind) if is_answer else _type(kind)
    if text := _text(test, "expectedErrorDescription"):
        expect["error.description"] = {"$contains": text}
    if (written := test.get("expectException").strip()) and not expect:
        expect |= _exception(test, written)
    return expect


def _text(test: Node, attribute: str) -> str:
    found = constant(test.get(attribute).strip())
    if found is None:
        raise Unfit(test, f"{attribute} of munit:test", "it is computed", "expect of the error in the case")
    return str(found.value)


def _type(kind: str) -> dict[str, Any]:
    if kind.upper() in ANY:
        return {"error": SOME}
    namespace, _, name = kind.rpartition(":")
    if namespace in ("", "MULE") and name in GENERAL:
        return {"error.errorType.identifier": name} if name != "VALIDATION" else {"error.errorType.namespace": name}
    return {"error": kind if namespace else f"MULE:{name}"}


def _status(test: Node, kind: str) -> dict[str, Any]:
    status = STATUS_OF.get(kind.rpartition(":")[2])
    if status is None:
        why = "a request has an answer, which tells a status"
        raise Unfit(test, f"expectedErrorType {kind} of a request", why, "the status under `expect`")
    return {"status": status}


def _exception(test: Node, written: str) -> dict[str, Any]:
    script = script_of(written)
    if script is None:
        return {"error": SOME}
    return {bare(script): True, "error": SOME}
