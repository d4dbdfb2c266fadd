"""The call of a function around a place, and which of its arguments is being written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.editor.asking.asked import Asked
from engine.editor.asking.documentation import function_page
from engine.editor.asking.expression_at import expression_at
from engine.editor.completing.expressions import standing_in
from engine.editor.scopes.standing import Call
from engine.manual.pages import signature

if TYPE_CHECKING:
    from engine.editor.site import Site
    from engine.editor.texts import Text


@dataclass(frozen=True)
class Signature:
    """label: the call; arguments: where each stands in it; active: the number of the one being written."""

    label: str
    arguments: tuple[tuple[int, int], ...]
    active: int
    markdown: str = ""


def signature_at(site: Site, text: Text, offset: int) -> Signature | None:
    """Return the innermost call around a place; None if there is none, or nobody knows the function."""
    asked = Asked.at(site, text, offset)
    inside = None if asked.cursor.is_nowhere else expression_at(asked.cursor, asked.meaning, asked.language)
    call = standing_in(asked, inside).call if inside else None
    if inside is None or call is None:
        return None
    return _of_script(call) if inside.language == "dataweave" else _of_function(site, call)


def _of_function(site: Site, call: Call) -> Signature | None:
    function = site.functions.get(call.name)
    if function is None:
        return None
    label = signature(function)
    return _signature(label, call.argument, function_page(function), is_variadic=function.variadic)


def _of_script(call: Call) -> Signature | None:
    from engine.dataweave import declared

    found: Any = next((value for name, value in declared() if name.rpartition("::")[2] == call.name), None)
    alternatives = getattr(found, "alternatives", ())
    if not alternatives:
        return None
    most = max(alternatives, key=lambda each: each.signature.text.count(","))
    return _signature(f"{call.name}{most.signature.text}", call.argument, str(getattr(found, "manual", "")).strip())


def _signature(label: str, argument: int, markdown: str, *, is_variadic: bool = False) -> Signature:
    arguments = tuple(_arguments(label))
    if is_variadic and len(arguments) > 1:
        arguments = arguments[:-1]  # the last one stands for more of the one before it
        argument = min(argument, len(arguments) - 1)
    return Signature(label, arguments, argument, markdown)


def _arguments(label: str) -> list[tuple[int, int]]:
    """Return where the arguments stand in a call: `(a, b)`, also of types that have brackets themselves."""
    found, depth, start = list[tuple[int, int]](), 0, label.find("(") + 1
    for at in range(start, len(label)):
        character = label[at]
        if (character == "," and depth == 0) or (character == ")" and depth == 0):
            first = start + len(label[start:at]) - len(label[start:at].lstrip())
            if first < at:
                found.append((first, at))
            start = at + 1
            if character == ")":
                break
        depth += (character in "(<{[") - (character in ")>}]" and label[at - 1] != "-")
    return found
