"""How callers authenticate to a flow, in OpenAPI's terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.steps.authentication import Authentication
from engine.steps.flow import Flow
from engine.steps.processor import Processor


def requirements(flow: Flow, seen: Iterable[Processor]) -> tuple[list[dict[str, list[str]]], dict[str, Any]]:
    """Return the Security Requirement Objects of a flow, and the schemes they name.

    seen: the steps that its events may reach. Steps in its top-level row are required of each caller; of the others one
    is required, or none.
    """
    every = [step for step in seen if isinstance(step, Authentication)]
    always = [step.processor for step in flow.steps.steps if isinstance(step.processor, Authentication)]
    schemes = {name_of(step.security_scheme()): step.security_scheme() for step in every}
    needed = {name_of(step.security_scheme()): list[str]() for step in always}
    others = [name for name in schemes if name not in needed]
    if not others:
        return ([needed] if needed else []), schemes
    return [needed, *({**needed, name: []} for name in others)], schemes


def name_of(scheme: Mapping[str, Any]) -> str:
    """Return the name of a scheme among the components: basic, bearer, apiKey-X-Key."""
    parts = (scheme.get("scheme") or scheme["type"], scheme.get("name"))
    return "-".join(str(part) for part in parts if part)
