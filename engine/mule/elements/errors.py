"""Error handlers."""

from __future__ import annotations

from typing import Any

from engine.mule.conversion.conversion import Conversion, comment_of, raising
from engine.mule.conversion.rule import Params, Rule
from engine.mule.reports.report import Advice
from engine.mule.writing.parts import NOTHING, Part
from engine.mule.xml.nodes import Comment, Node

TAKES_ALL = ("", "ANY", "*:*")
NO_HANDLER = Advice("nothing here handles errors in this way", "on-error-continue or on-error-propagate", "M")
HANDLERS = {
    name: Rule(name, texts="type when name", flags="logException", no_matter="enableNotifications", steps=True)
    for name in ("on-error-continue", "on-error-propagate")
}


def error_handler(conversion: Conversion, node: Node) -> Params:
    """Return the handlers of a flow or a try scope."""
    return {"error-handler": handlers_of(conversion, node)}


def handlers_of(conversion: Conversion, node: Node) -> Any:
    """Return a reference to handlers by name, or a list of handlers."""
    if name := node.get("ref"):
        conversion.refer("error-handler", name, node)
        return {"ref": name}
    handlers: list[Part] = []
    above: list[str] = []
    for child in node.children:
        if isinstance(child, Comment):
            above.append(comment_of(child))
            continue
        handlers += _handler(conversion, child, above, is_dead=bool(handlers) and _takes_all(handlers[-1]))
        above = []
    return [*handlers, Part(NOTHING, None, above)] if above else handlers


def _handler(conversion: Conversion, node: Node, above: list[str], *, is_dead: bool) -> list[Part]:
    if is_dead:
        conversion.note(node, node.name, "the handler above takes every error, so this one never runs")
        return [Part(NOTHING, node, [*above, f"Never runs: the handler above takes every error.\n{node.source}"])]
    if node.name == "on-error" and (name := node.get("ref")):
        return _referred(conversion, node, name, above)
    if node.name not in HANDLERS:
        conversion.gap(node, node.name, NO_HANDLER)
        return [Part(NOTHING, node, [*above, f"Not converted: {NO_HANDLER.why}.\n{node.source}"])]
    with conversion.noting() as gaps:
        params = conversion.params(node, HANDLERS[node.name])
    params.pop("name", None)
    params["steps"] = [*(raising(gap, source, node) for gap, source in gaps), *params["steps"]]
    for each in str(params.get("type", "")).split(","):
        if each.strip():
            conversion.refer("error-type", each.strip(), node)
    return [Part({node.name: params}, node, above, "handler")]


def _referred(conversion: Conversion, node: Node, name: str, above: list[str]) -> list[Part]:
    """Return the handler that a reference means, which stands by itself among the global elements."""
    for element in HANDLERS:
        if found := conversion.globals.find(element, name):
            return _handler(conversion, found, above, is_dead=False)
    conversion.refer("error-handler", name, node)
    return [Part({"error-handler": {"ref": name}}, node, above)]


def _takes_all(handler: Part) -> bool:
    if not isinstance(handler.value, dict):
        return False
    [params] = handler.value.values()
    return "when" not in params and "ref" not in params and str(params.get("type", "")).strip() in TAKES_ALL
