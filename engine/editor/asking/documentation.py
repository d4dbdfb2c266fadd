"""The manual in Markdown, for hovers and completions: of elements, parameters, functions, error types, mistakes."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from engine.editor.asking.meaning import Fields, element_class
from engine.loading.catalog import discover
from engine.loading.sections import SECTIONS
from engine.manual.pages import ARROW, descriptions, example, prose, signature
from engine.parameters.element import Element, raised_types
from engine.parameters.schema import kind_of
from engine.values.errors import ANY
from engine.values.status import status_of_type

if TYPE_CHECKING:
    from engine.editor.site import Site
    from engine.expressions.functions.function import Function


def documentation_of(site: Site, topic: tuple[str, ...]) -> str:
    """Return the page of a topic as Markdown; empty if there is none.

    topic: ("element", NAME), ("parameter", ELEMENT, MODULE, CLASS, KEY), ("function", NAME), ("dataweave", NAME),
    ("type", NAME), ("section", NAME), ("mistake", CODE), or ("text", TEXT).
    """
    kind, *rest = topic or ("",)
    known = PAGES.get(kind)
    return known(site, *rest) if known else ""


def prepare() -> None:
    """Import all that the first answers need, behind the start of the server."""
    from engine.dataweave import declared

    for _ in chain(discover().elements(), declared()):
        pass
    _meanings()


def _element(site: Site, name: str) -> str:
    cls = element_class(site.catalog, name)
    return element_page(name, cls) if cls else ""


def element_page(name: str, cls: Any) -> str:
    """Return the manual page of an element."""
    return _element_page(name, cls)


@lru_cache(maxsize=512)
def _element_page(name: str, cls: type[Element]) -> str:
    parts = [f"**{name}**", prose(cls)]
    if parameters := list(_parameters(cls)):
        parts.append("\n".join(["**Parameters**", "", *parameters]))
    if cls.raises:
        parts.append("**Raises** " + ", ".join(f"`{each}`" for each in raised_types(cls)))
    if shown := example(cls):
        parts.append(f"```yaml\n{shown}\n```")
    return "\n\n".join(parts)


@lru_cache(maxsize=1024)
def _described(cls: Any) -> dict[str, str]:
    return descriptions(cls)


def described(cls: Any) -> dict[str, str]:
    """Return the texts of the parameters of a class, by their names in Python."""
    return _described(cls)


def _parameters(cls: type[Any]) -> Iterator[str]:
    told = described(cls)
    for key, (name, info) in Fields(cls).fields().items():
        required = " (required)" if info.is_required() else ""
        yield f"- `{key}`: {kind_of(info).word}{required}" + (f". {told[name]}" if name in told else "")


def _parameter(site: Site, owner: str, module: str, qualname: str, key: str) -> str:
    found: Any = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return parameter_page(found, key) if inspect.isclass(found) else ""


def parameter_page(cls: type[Any], key: str) -> str:
    """Return what a parameter is: its type, its default, its text."""
    name, info = Fields(cls).fields().get(key, ("", None))
    if info is None:
        return ""
    is_plain = isinstance(info.default, (str, int, float)) and info.default != ""
    default = "" if info.is_required() or not is_plain else f", default `{_word(info.default)}`"
    head = f"**{key}**: {kind_of(info).word}{' (required)' if info.is_required() else default}"
    return "\n\n".join(filter(None, (head, described(cls).get(name, ""))))


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g} s" if isinstance(value, float) else str(value)


def _function(site: Site, name: str) -> str:
    function = site.functions.get(name)
    return function_page(function) if function else ""


def function_page(function: Function) -> str:
    """Return the manual of a function: its call, its text, its examples."""
    lines = inspect.cleandoc(function.call.__doc__ or "").splitlines()
    text = "\n".join(line for line in lines if ARROW not in line).strip()
    examples = "\n".join(line.strip() for line in lines if ARROW in line)
    shown = f"```text\n{examples}\n```" if examples else ""
    same = f"DataWeave: `{function.dataweave}`" if function.dataweave else ""
    return "\n\n".join(filter(None, (f"```text\n{signature(function)}\n```", text, shown, same)))


def _of_dataweave(site: Site, name: str) -> str:
    from engine.dataweave import declared, page

    found = next((value for known, value in declared() if known == name), None)
    return f"```text\n{page(name, found)}\n```" if found is not None else ""


def _type(site: Site, name: str) -> str:
    known = site.catalog.error_types().get(name)
    if known is None:
        return f"**{name}**\n\nA type that the flows raise." if ":" in name else ""
    parents = " → ".join(f"`{each}`" for each in known.lineage[1:] if each != ANY)
    raised = [element for element, cls in site.catalog.elements() if name in map(str, raised_types(cls))]
    by = (
        f"Raised by {', '.join(f'`{each}`' for each in raised[:12])}{' …' if len(raised) > 12 else ''}."
        if raised
        else ""
    )
    status = f"Answered with {status_of_type(known)} if it leaves a flow with an HTTP source."
    return "\n\n".join(filter(None, (f"**{name}**", f"A kind of {parents}." if parents else "", by, status)))


def _section(site: Site, name: str) -> str:
    return f"**{name}**: {SECTIONS[name]}" if name in SECTIONS else ""


@lru_cache(maxsize=1)
def _meanings() -> dict[str, str]:
    from engine.manual.mistakes import pages

    return {code: page.means for code, page in pages().items()}


def _mistake(site: Site, code: str) -> str:
    means = _meanings().get(code)
    return f"**{code}**: {means}\n\n`engine explain {code}` shows an example." if means else ""


PAGES: dict[str, Callable[..., str]] = {
    "element": _element,
    "parameter": _parameter,
    "function": _function,
    "dataweave": _of_dataweave,
    "type": _type,
    "section": _section,
    "mistake": _mistake,
    "text": lambda site, text: text,
}
