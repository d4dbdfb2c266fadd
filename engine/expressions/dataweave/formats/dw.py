"""application/dw: values as DataWeave writes them in scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, time, timedelta, tzinfo
from decimal import Decimal
from importlib import import_module
from typing import Any, NamedTuple

from engine.expressions.dataweave.formats.output import Output
from engine.expressions.dataweave.formats.properties import Properties, Values, flag, number, text
from engine.expressions.dataweave.formats.scalars import text_of
from engine.expressions.dataweave.values.annotated import schema_of
from engine.expressions.dataweave.values.functions import Function
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.numbers import number_text
from engine.expressions.dataweave.values.objects import Key, Namespace, is_object
from engine.expressions.dataweave.values.regexes import Regex
from engine.expressions.dataweave.values.times.periods import Period
from engine.expressions.operators import is_number

READING = Properties(externalResources=flag(False), javaModule=flag(False), onlyData=flag(False), privileges=text())
WRITING = Properties(indent=text("  "), ignoreSchema=flag(False), onlyData=flag(False), maxCollectionSize=number(-1))

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
RESERVED = frozenset({
    "if", "else", "unless", "is", "as", "and", "or", "null", "true", "false", "default", "case", "var", "fun", "type",
    "ns", "import", "input", "output", "using", "do", "private", "async", "enum", "for",
})  # fmt: skip
"""Words that are no keys without quotes."""
ESCAPED = re.compile('[\x00-\x1f"\\\\$\x7f-\x9f\ufeff]')
ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f", '"': '\\"', "\\": "\\\\", "$": "\\$"}
MOMENTS = (date, time, timedelta, tzinfo, Period)


SCRIPTS = "engine.expressions.dataweave.script"
EVALUATE: list[Callable[[str], Any]] = []
"""The function that evaluates a script without inputs: the room of scripts, which is above this one, puts it here."""


def read(content: str, values: Values) -> Any:
    """Return the value of a script without inputs."""
    if not EVALUATE:
        import_module(SCRIPTS)
    return EVALUATE[0](content)


def write(value: Any, values: Values) -> str:
    """Return the value as a script. values may hold `origins`: the schemas of inputs, by the id of their values."""
    return _Writer(values).written(value)


def quoted(content: str) -> str:
    return f'"{ESCAPED.sub(_escape, content)}"'


def _escape(found: re.Match[str]) -> str:
    return ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}"


def key_text(name: str) -> str:
    return name if NAME.fullmatch(name) and name not in RESERVED else quoted(name)


class _Scope(NamedTuple):
    """The prefixes of namespaces that are declared around a value, by their uris."""

    prefixes: Mapping[str, str]


class _Writer:
    """Writes any value, part by part."""

    def __init__(self, values: Values) -> None:
        self._step = values["indent"]
        self._line = "\n" if self._step else ""
        self._most = values["maxCollectionSize"]
        self._has_schemas = not values["ignoreSchema"]
        self._origins: Mapping[int, Mapping[str, Any]] = values.get("origins", {})
        self._declared: Mapping[str, str] = {each.uri: each.prefix for each in values.get("namespaces", ())}
        self._out = Output("DataWeave")

    def written(self, value: Any) -> str:
        if self._declared:
            names = "".join(f"ns {prefix} {uri}\n" for uri, prefix in self._declared.items())
            self._out.put(f"%dw 2.0\n{names}---\n")
        self._write(value, "", _Scope(self._declared), 0)
        return self._out.text()

    def _write(self, value: Any, indent: str, scope: _Scope, depth: int) -> None:
        self._out.check_depth(depth)
        if is_object(value):
            self._write_object(value, indent, scope, depth)
        elif isinstance(value, (Sequence, range)) and not isinstance(value, (str, bytes, Namespace)):
            self._write_list(value, indent, scope, depth)
        else:
            self._out.put(_scalar(value))
        self._write_schema(value)

    def _write_schema(self, value: Any) -> None:
        if not self._has_schemas:
            return
        for schema in (schema_of(value), self._origins.get(id(value))):
            if schema:
                pairs = ", ".join(f"{key_text(name)}: {_scalar(each)}" for name, each in schema.items())
                self._out.put(f" as {kind_of(value)} {{{pairs}}}")

    def _write_list(self, elements: Sequence[Any], indent: str, scope: _Scope, depth: int) -> None:
        if not len(elements):
            self._out.put("[]")
            return
        self._out.check_length(elements)
        shown = elements if self._most < 0 else elements[: self._most]
        inner, between = indent + self._step, f", {self._line}"
        self._out.put(f"[{self._line}")
        for position, each in enumerate(shown):
            self._out.put(f"{between if position else ''}{inner}")
            self._write(each, inner, scope, depth + 1)
        self._out.put(f"{self._line}{indent}]")

    def _write_object(self, value: Any, indent: str, scope: _Scope, depth: int) -> None:
        entries = value.items()
        if not len(value):
            self._out.put("{}")
            return
        news = _undeclared(entries, scope)
        if not news:
            self._write_fields(entries, indent, scope, depth)
            return
        inner = indent + self._step
        names = "".join(f"{inner}ns {prefix} {uri}\n" for uri, prefix in news.items())
        self._out.put(f"do {{\n{names}{inner}---\n{inner}")
        self._write_fields(entries, inner, _Scope({**scope.prefixes, **news}), depth)
        self._out.put(f"\n{indent}}}")

    def _write_fields(self, entries: Iterable[tuple[str, Any]], indent: str, scope: _Scope, depth: int) -> None:
        inner, before = indent + self._step, f"{{{self._line}"
        for key, each in entries:
            self._out.put(f"{before}{inner}{_key(key, scope)}: ")
            self._write(each, inner, scope, depth + 1)
            before = f",{self._line}"
        self._out.put(f"{self._line}{indent}}}")


def _undeclared(entries: Iterable[tuple[str, Any]], scope: _Scope) -> dict[str, str]:
    """Return the prefixes for the namespaces of some keys, and of their attributes, that are not declared yet."""
    news: dict[str, str] = {}
    for key, _ in entries:
        for each in (key, *(getattr(key, "attributes", None) or {}).keys()) if isinstance(key, Key) else ():
            namespace = each.namespace if isinstance(each, Key) else None
            if namespace and namespace.uri and namespace.uri not in scope.prefixes and namespace.uri not in news:
                news[namespace.uri] = _prefix(namespace, {*scope.prefixes.values(), *news.values()})
    return news


def _prefix(namespace: Namespace, taken: set[str]) -> str:
    if namespace.prefix and namespace.prefix not in taken:
        return namespace.prefix
    return next(name for number in range(len(taken) + 1) if (name := f"ns{number}") not in taken)


def _key(key: str, scope: _Scope) -> str:
    name = key_text(str(key))
    if not isinstance(key, Key):
        return name
    if key.namespace and key.namespace.uri in scope.prefixes:
        name = f"{scope.prefixes[key.namespace.uri]}#{name}"
    if not key.attributes:
        return name
    attributes = ", ".join(f"{_key(each, scope)}: {_scalar(value)}" for each, value in key.attributes.items())
    return f"{name} @({attributes})"


def _scalar(value: Any) -> str:
    """Return a value that is neither an object nor an array."""
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, (int, float, Decimal)) or is_number(value):
        return number_text(value)
    for kinds, written in WRITTEN:
        if isinstance(value, kinds):
            return written(value)
    return quoted(text_of(value))


def _binary(value: bytes) -> str:
    from base64 import b64encode

    return f'"{b64encode(value).decode()}" as Binary {{base: "64"}}'


def _function(value: Function) -> str:
    parameters = ", ".join(f"arg{position}:{kind or 'Any'}" for position, kind in enumerate(value.types))
    return f"({parameters}) -> ???"


def _regex(value: Regex) -> str:
    return f"/{text_of(value).replace('/', SLASH)}/"


def _namespace(value: Namespace) -> str:
    return f"{{\n  uri: {quoted(value.uri)},\n  prefix: {quoted(value.prefix)}\n}}as Namespace"


SLASH = "\\/"
WRITTEN: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (MOMENTS, lambda value: f"|{text_of(value)}|"),
    (Regex, _regex),
    (bytes, _binary),
    (Namespace, _namespace),
    (Function, _function),
)
