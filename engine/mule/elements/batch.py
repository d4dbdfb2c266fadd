"""Batch jobs, which are not there yet: a step that says so, and their steps as sub-flows, ready to be called."""

from __future__ import annotations

from engine.mule.conversion.conversion import Conversion, raising
from engine.mule.conversion.modules import MODULES
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Comment, Node

WITHOUT_STEPS = ("batch:job", "batch:input", "batch:history")
ROWS = {"batch:step": "", "batch:aggregator": " aggregator", "batch:on-complete": " on complete"}


def job(conversion: Conversion, node: Node) -> Part:
    """Return the step in the place of a job; what its parts do stands in sub-flows."""
    name = node.get("jobName") or node.get("name") or "batch"
    advice = MODULES["batch"]
    with conversion.noting() as gaps:
        conversion.gap(node, f"batch:job '{name}'", advice, is_whole=False)
    known = dict(_rows(conversion, node, name))
    conversion.sub_flows |= known
    conversion.unconverted.update(id(each) for each in node.walk() if each.name in WITHOUT_STEPS)
    settings = ", ".join(f"{key}={value}" for key, value in node.attributes.items() if ":" not in key)
    return raising(gaps[0][0], f"{settings}\nIts parts are the sub-flows {', '.join(known)}.", node)


def _rows(conversion: Conversion, node: Node, job: str) -> list[tuple[str, Part]]:
    """Return the parts of a job that hold steps, each by the name of its sub-flow."""
    found = []
    for part in node.walk():
        if part.name in ROWS:
            inner = [each for each in part.children if isinstance(each, Comment) or each.name not in ROWS]
            doc = ", ".join(f"{key}={value}" for key, value in part.attributes.items() if ":" not in key)
            owner = f"{job}: {_step_of(node, part)}" if part.name != "batch:on-complete" else job
            flow = {"doc": doc} if doc else {}
            steps = conversion.steps(inner)
            found.append((f"{owner}{ROWS[part.name]}", Part({**flow, "steps": steps}, part, kind="sub-flows")))
    return found


def _step_of(job: Node, part: Node) -> str:
    """Return the name of the step that a part is, or is in."""
    steps = [each for each in job.walk() if each.name == "batch:step"]
    step = next((each for each in steps if any(inner is part for inner in each.walk())), part)
    return step.get("name") or step.local_name
