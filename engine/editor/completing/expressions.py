"""Completion inside of expressions: fields, variables, functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from engine.editor.asking.asked import Asked
from engine.editor.asking.expression_at import InExpression
from engine.editor.completing.item import Completion, escaped
from engine.editor.scopes import dataweave, jmespath
from engine.editor.scopes.shape import Shape
from engine.editor.scopes.standing import Standing
from engine.expressions.functions.function import Function
from engine.manual.pages import signature

NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
ROOTS_OF_DATAWEAVE = ("app", "server", "mule")


def complete(asked: Asked, inside: InExpression) -> Iterator[Completion]:
    """Yield what may follow at the cursor."""
    found = standing_in(asked, inside)
    if found.is_text:
        return
    start = asked.cursor.offset - len(found.word)
    end = inside.place(inside.offset + len(_word_after(inside)))
    for each in _offers(asked, inside, found):
        yield _at(each, start, max(end, asked.cursor.offset))


def standing_in(asked: Asked, inside: InExpression) -> Standing:
    """Return what stands at the cursor of an expression."""
    roots = asked.seen.roots()
    if inside.language == dataweave.LANGUAGE:
        return dataweave.standing(inside.before, roots)
    return jmespath.standing(inside.before, roots, asked.seen.lets, asked.site.functions)


def _word_after(inside: InExpression) -> str:
    found = re.match(r"\w*", inside.text[inside.offset :])
    return found[0] if found else ""


def _at(offer: Completion, start: int, end: int) -> Completion:
    return Completion(**{**vars(offer), "start": start, "end": end})


def _offers(asked: Asked, inside: InExpression, found: Standing) -> Iterator[Completion]:
    is_script = inside.language == dataweave.LANGUAGE
    if found.of is not None:
        fields = found.of.members() or (found.of.items().members() if is_script else {})
        yield from _fields(fields, asked, rank=1)
    elif found.is_operand:
        yield from _variables(found, is_script=is_script)
        if found.is_inner or found.word.startswith("$"):
            yield from _reaching_out(asked)
    if found.of is None and found.is_operand and not found.word.startswith("$"):
        yield from _names(asked, found, is_script=is_script)
    elif found.of is None and is_script:
        yield from _script_functions()


def _names(asked: Asked, found: Standing, *, is_script: bool) -> Iterator[Completion]:
    yield from _fields(found.here.members(), asked, rank=1 if found.is_inner else 2)
    if is_script:
        yield from (Completion(name, "variable", rank=4) for name in ROOTS_OF_DATAWEAVE)
        yield from _script_functions()
    else:
        yield from _functions(asked.site.functions)


def _fields(fields: Mapping[str, Shape], asked: Asked, rank: int) -> Iterator[Completion]:
    quote = "'" if asked.cursor.scalar and asked.cursor.scalar.style == '"' else '"'
    for name, shape in fields.items():
        written = name if NAME.fullmatch(name) else f"{quote}{name}{quote}"
        topic = ("text", shape.title) if shape.title else ()
        yield Completion(name, "field", shape.told_as(name), written, rank=rank, topic=topic)


def _variables(found: Standing, *, is_script: bool) -> Iterator[Completion]:
    for name, shape in found.variables.items():
        written = name if is_script else f"${name}"
        yield Completion(written, "variable", shape.told_as(name), rank=1)


def _reaching_out(asked: Asked) -> Iterator[Completion]:
    """Yield the parts of the event as names that count everywhere, such as inside of a filter."""
    yield Completion("$", "variable", "the event", rank=4)
    for name, shape in asked.seen.roots().members().items():
        yield Completion(f"${name}", "variable", shape.told, rank=3)


def _functions(functions: Mapping[str, Function]) -> Iterator[Completion]:
    for name, function in functions.items():
        called = signature(function)
        yield Completion(
            name, "function", called, call_snippet(called), is_snippet=True, rank=6, topic=("function", name)
        )


def call_snippet(called: str) -> str:
    """Return the snippet of a call: `sort_by(${1:elements}, ${2:&key})`; what may be left out is left out."""
    name, _, rest = called.partition("(")
    required = [each.strip() for each in rest.rstrip(")").split(",") if each.strip() and each.strip()[0] not in "[…"]
    places = (f"${{{number}:{escaped(argument)}}}" for number, argument in enumerate(required, 1))
    return f"{name}({', '.join(places)})$0"


@lru_cache(maxsize=1)
def _declared() -> tuple[tuple[str, str, str], ...]:
    """Return the functions of DataWeave that need no import: name, parameters, purpose."""
    from engine.dataweave import declared

    return tuple((name, _parameters(value), "") for name, value in declared() if "::" not in name)


def _parameters(value: Any) -> str:
    alternatives = getattr(value, "alternatives", ())
    return alternatives[0].signature.text if alternatives else ""


def _script_functions() -> Iterator[Completion]:
    for name, parameters, _ in _declared():
        yield Completion(name, "function", f"{name}{parameters}", rank=6, topic=("dataweave", name))
