"""Completion of keys: sections, parameters, elements."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from inspect import isclass
from typing import Any, Literal, cast, get_args, get_origin

from engine.editor.asking.asked import Asked
from engine.editor.asking.meaning import (
    STEPS,
    Expected,
    Fields,
    Handlers,
    Matched,
    Meaning,
    Named,
    OneElement,
    Several,
    Top,
    element_class,
    suite_fields,
)
from engine.editor.completing.item import Completion
from engine.editor.shaping.values import text_of
from engine.editor.sketching.nodes import at
from engine.loading.sections import SECTIONS
from engine.manual.pages import SHARED, summary
from engine.parameters.element import Element
from engine.parameters.schema import kind_of
from engine.steps.error_handler import OnError

INDENT = "  "


def complete(asked: Asked, meaning: Meaning, present: tuple[str, ...], *, indent: str = "") -> Iterator[Completion]:
    """Yield the keys that may be written into a map. indent: blanks to write before them."""
    if isinstance(meaning, Top):
        yield from _sections(meaning, present)
    elif isinstance(meaning, OneElement) and not present:
        yield from _elements(asked, meaning)
    elif isinstance(meaning, Fields):
        yield from _parameters(asked, meaning, present, indent)
    elif isinstance(meaning, Handlers) and not present:
        yield Completion("ref", "parameter", "the handlers of that name", "ref: ", goes_on=True)
    elif isinstance(meaning, Named) and asked.is_test and asked.cursor.path[-1:] == ("with",):
        yield from _of_step(asked, present)
    elif isinstance(meaning, Matched):
        yield from _matchers()
    elif isinstance(meaning, Expected):
        yield Completion("calls", "parameter", "how often steps are called", "calls: ", rank=6)


def _sections(meaning: Top, present: tuple[str, ...]) -> Iterator[Completion]:
    for number, (name, told) in enumerate(SECTIONS.items()):
        if name not in present:
            yield Completion(
                name,
                "section",
                told,
                f"{name}:\n{INDENT}$0",
                is_snippet=True,
                rank=number + 1,
                topic=("section", name),
            )
    if meaning.is_test:
        suite = suite_fields()
        for name, (_, info) in suite.fields().items():
            if name not in present:
                yield Completion(name, "parameter", kind_of(info).word, f"{name}: ", rank=0, topic=_topic(suite, name))


def _of_step(asked: Asked, present: tuple[str, ...]) -> Iterator[Completion]:
    """Yield the parameters of the element that a test names beside `with`."""
    named = at(asked.cursor.root, (*asked.cursor.path[:-1], "processor"))
    name = text_of(named, asked.text.source)
    if cls := element_class(asked.site.catalog, name):
        yield from _parameters(asked, Fields(cls, name), present, "")


def _matchers() -> Iterator[Completion]:
    from engine.testing.expected.matchers import MATCHERS

    yield from (Completion(name, "parameter", "a matcher", f"{name}: ", rank=2) for name in MATCHERS)


# Elements


def _elements(asked: Asked, meaning: OneElement) -> Iterator[Completion]:
    is_in_brackets = is_flow_style(asked)
    behind = 4 if _is_item(asked) or isinstance(asked.meaning, Several) else 2
    for name, cls in _of_kind(asked, meaning.kind):
        text = name if asked.cursor.has_colon else snippet(name, cls, is_flow_style=is_in_brackets, behind=behind)
        is_snippet = not asked.cursor.has_colon
        rank, element = 4 if ":" in name else 3, cast(Any, cls)
        told = _summary(element)
        yield Completion(
            name, "element", told, text, is_snippet, rank=rank, topic=("element", name), goes_on=is_snippet
        )
    if meaning.kind is OnError:
        yield Completion(
            "error-handler", "element", "the handlers of that name", "error-handler: {ref: $0}", is_snippet=True
        )


def _of_kind(asked: Asked, kind: type[Element]) -> Iterator[tuple[str, type[Element]]]:
    return ((name, cls) for name, cls in asked.site.catalog.elements() if issubclass(cls, kind))


@lru_cache(maxsize=1024)
def _summary(cls: Any) -> str:
    return summary(cls)


def _is_item(asked: Asked) -> bool:
    return bool(asked.cursor.path) and isinstance(asked.cursor.path[-1], int)


def is_flow_style(asked: Asked) -> bool:
    """Return whether brackets are open in the line."""
    line = asked.cursor.source.rfind("\n", 0, asked.cursor.start) + 1
    before = asked.cursor.source[line : asked.cursor.start]
    return before.count("{") > before.count("}") or before.count("[") > before.count("]")


def snippet(name: str, cls: type[Element], *, is_flow_style: bool = False, behind: int = 4) -> str:
    """Return an element with places for its required parameters. behind: by how much these are indented."""
    fields = Fields(cls, name)
    required = [key for key, (_, info) in fields.fields().items() if info.is_required() or _is_steps(fields, key)]
    if not required:
        return f"{name}: {{$0}}"
    if is_flow_style:
        values = (f"{key}: {_place(number, fields, key)}" for number, key in enumerate(required, 1))
        return f"{name}: {{{', '.join(values)}}}"
    lines = (f"{' ' * behind}{_line(number, fields, key, behind)}" for number, key in enumerate(required, 1))
    return "\n".join([f"{name}:", *lines])


def _is_steps(fields: Fields, key: str) -> bool:
    return fields.inside(key, _NO_ELEMENTS) == STEPS


def _line(number: int, fields: Fields, key: str, indent: int) -> str:
    meaning = fields.inside(key, _NO_ELEMENTS)
    if isinstance(meaning, Several):
        return f"{key}:\n{' ' * (indent + 2)}- ${number}"
    if isinstance(meaning, (Fields, Named, OneElement)):
        return f"{key}:\n{' ' * (indent + 2)}${number}"
    return f"{key}: {_place(number, fields, key)}"


def _place(number: int, fields: Fields, key: str) -> str:
    info = fields.fields()[key][1]
    meaning = fields.inside(key, _NO_ELEMENTS)
    if isinstance(meaning, Several):
        return f"[${number}]"
    if isinstance(meaning, (Fields, Named, OneElement)):
        return f"{{${number}}}"
    if choices := literals(info.annotation):
        return f"${{{number}|{','.join(map(str, choices))}|}}"
    return f"${number}"


class _Nothing:
    def __contains__(self, name: object) -> bool:
        return False


_NO_ELEMENTS: Any = _Nothing()


def literals(annotation: Any) -> tuple[Any, ...]:
    """Return the values that a parameter may have, if they are few."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if isclass(annotation):
        return ()
    return next((found for each in get_args(annotation) if (found := literals(each))), ())


# Parameters


def _parameters(asked: Asked, meaning: Fields, present: tuple[str, ...], indent: str) -> Iterator[Completion]:
    shared = SHARED if isclass(meaning.cls) and issubclass(meaning.cls, Element) else ()
    for key, (name, info) in meaning.fields().items():
        if key in present or (key == "name" and not meaning.owner and meaning.cls.__name__ == "Flow"):
            continue
        rank = 1 if info.is_required() else 6 if name in shared else 3
        detail = f"{kind_of(info).word}{' (required)' if info.is_required() else ''}"
        text, is_snippet = (key, False) if asked.cursor.has_colon else _written(asked, meaning, key, indent)
        topic = _topic(meaning, key)
        yield Completion(
            key, "parameter", detail, indent + text, is_snippet, rank=rank, topic=topic, goes_on=text.endswith(": ")
        )


def _topic(meaning: Fields, key: str) -> tuple[str, ...]:
    return "parameter", meaning.owner, meaning.cls.__module__, meaning.cls.__qualname__, key


def _written(asked: Asked, meaning: Fields, key: str, indent: str) -> tuple[str, bool]:
    """Return a key with what begins its value, and whether that has places to fill in."""
    inner = meaning.inside(key, asked.site.catalog)
    if is_flow_style(asked):
        opened = {True: "{$0}", False: "[$0]"}.get(isinstance(inner, (Fields, Named, OneElement)), "")
        is_several = isinstance(inner, (Fields, Named, OneElement, Several))
        return (f"{key}: {opened}", True) if is_several else (f"{key}: ", False)
    deeper = f"\n{indent}{INDENT}"
    if isinstance(inner, Several):
        return f"{key}:{deeper}- $0", True
    if isinstance(inner, (Fields, Named, OneElement)):
        return f"{key}:{deeper}$0", True
    return f"{key}: ", False
