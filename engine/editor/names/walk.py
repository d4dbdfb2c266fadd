"""Walks through the data of a file by the types of its parameters, and notes the names on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from inspect import isclass
from pathlib import Path
from typing import Any, get_args, get_origin

from engine.editor.names.expressions import TYPE_NAME, words_in
from engine.editor.names.hints import Hints, hints_of, parameters_of
from engine.editor.names.mention import (
    CONFIG,
    ELEMENT,
    FLOW,
    FUNCTION,
    HANDLER,
    LABEL,
    QUEUE,
    SELECTION,
    TEXT,
    TYPE,
    FileNames,
    Mention,
    of_flow,
    of_handler,
)
from engine.editor.names.places import Found, mention
from engine.expressions import JMESPATH, LANGUAGES, ExpressionSyntaxError
from engine.expressions.language import Language
from engine.loading.catalog import Catalog, CatalogError
from engine.loading.files.data import Map, Sequence
from engine.loading.files.document import Document, TextFile
from engine.loading.sections import read_file
from engine.parameters.amounts import Reference
from engine.parameters.config import Config
from engine.parameters.element import Element, Parameters
from engine.parameters.expression import Expression, WrittenExpression
from engine.parameters.file_template import FileTemplate
from engine.parameters.files import find_below
from engine.parameters.python_function import PythonFunction
from engine.parameters.reader import RESOURCE, SCRIPT, SCRIPT_FILE
from engine.parameters.text import Text
from engine.parameters.type_patterns import CATCH_ALL, NamedType, TypePatterns
from engine.parameters.validated import Naming
from engine.steps.chain import Chain
from engine.steps.error_handler import ErrorHandler
from engine.steps.flow import Flow
from engine.steps.flow_link import FlowLink
from engine.steps.processor import Source
from engine.testing.expected.expectations import CALLS, Calls, Expectations
from engine.testing.expected.selecting import Selecting, StepName
from engine.testing.files.case import FlowNames
from engine.testing.generated.generating import Value
from engine.values.errors import error_type

FROM_EXPRESSION = "from-expression"
EXPRESSIONS = (Expression, WrittenExpression)
STEPS = (Chain, Flow)


class Walk:
    """One walk through a file. language: that of its expressions."""

    def __init__(self, document: Document, catalog: Catalog, language: Language = JMESPATH) -> None:
        self.document = document
        self.catalog = catalog
        self.language = language
        self.names = FileNames()
        self.owner = ""
        self._config = ""
        """The config whose queues are meant."""

    @contextmanager
    def inside(self, owner: str) -> Iterator[None]:
        outer, self.owner = self.owner, owner
        yield
        self.owner = outer

    def note(self, kind: str, found: Found, part: str = "", offset: int = 0, **more: Any) -> None:
        """Note a name. part: the characters of the text that are the name, if these are not all; offset: where."""
        if found.text:
            new: Mention = mention(self.document, kind, found, part, offset)
            self.names.mentions.append(replace(new, owner=self.owner, **more))

    # Elements

    def steps(self, value: Any) -> None:
        for entry in value if isinstance(value, Sequence) else ():
            self.element(entry)

    def element(self, entry: Any, *, config: str = "") -> None:
        """Note the names of an element. config: its name, if it is one."""
        for name, value in entry.items() if isinstance(entry, Map) else ():
            if name in self.catalog:
                self.note(ELEMENT, Found(name, entry.places[name][0]))
            cls = self._class(name)
            if isinstance(value, Map) and cls is not None:
                outer, self._config = self._config, config or str(value.get("config-ref", ""))
                self.parameters(cls, value)
                self._config = outer
                if issubclass(cls, Source) and isinstance(value.get("path"), str):
                    self.names.listening.append((self.owner, str(value["path"])))
            else:
                self.texts(value)

    def _class(self, name: str) -> type[Element] | None:
        try:
            return self.catalog[name]
        except (CatalogError, KeyError):
            return None

    def handlers(self, value: Any) -> None:
        """Note the names of a list of handlers, or of a reference to one."""
        if isinstance(value, Map):
            self._handler_reference(value)
        for entry in value if isinstance(value, Sequence) else ():
            if isinstance(entry, Map) and isinstance(entry.get("error-handler"), Map):
                self._handler_reference(entry["error-handler"])
            else:
                self.element(entry)

    def _handler_reference(self, value: Map) -> None:
        if isinstance(name := value.get("ref"), Text):
            self.note(HANDLER, Found.of(name))
            self.names.calls.append((self.owner, of_handler(str(name))))

    # Parameters

    def parameters(self, cls: type[Parameters], values: Map) -> None:
        """Note the names in the parameters of an element, or of what is like one."""
        hints = parameters_of(cls)
        for key, value in values.items():
            if key == "doc:name" and isinstance(value, Text):
                self.note(LABEL, Found.of(value), is_definition=True)
            elif issubclass(cls, Selecting) and key == "with":
                self._with(str(values.get("processor", "")), value)
            else:
                self.value(value, hints.get(key, ()))

    def value(self, value: Any, hints: Hints) -> None:
        if isinstance(value, Text):
            self._text(value, hints)
        elif isinstance(value, Sequence):
            self._list(value, hints)
        elif isinstance(value, Map):
            self._map(value, hints)

    def _text(self, text: Text, hints: Hints) -> None:
        found = Found.of(text)
        for hint in hints:
            if isinstance(hint, Reference):
                return self.note(CONFIG, found)
            if isinstance(hint, Naming):
                scope = self._config if hint.what == QUEUE else ""
                return self.note(hint.what, found, is_definition=hint.defines, scope=scope)
            if isinstance(hint, NamedType) or _is_a(hint, TypePatterns):
                return self._types(found, is_raised=isinstance(hint, NamedType))
            if _is_a(hint, FlowLink):
                return self._flow(text)
            if _is_a(hint, StepName):
                return self.note(SELECTION, found)
            if _is_a(hint, FileTemplate):
                return self._beside(str(text), self.language, is_template=True)
            if _is_a(hint, PythonFunction):
                return self.note(FUNCTION, found)
            if _is_list(hint):
                return self._text(text, parameter_hints(hint))
        return self.texts(text, always=any(_is_a(hint, EXPRESSIONS) for hint in hints))

    def _flow(self, text: Text) -> None:
        if "#[" in text:
            self.names.calls.append((self.owner, "*"))
            self.texts(text)
        else:
            self.note(FLOW, Found.of(text))
            self.names.calls.append((self.owner, of_flow(str(text))))

    def _types(self, found: Found, *, is_raised: bool = False) -> None:
        """Note the error types of a comma list."""
        start = 0
        for part in found.text.split(","):
            name, offset = part.strip(), start + len(part) - len(part.lstrip())
            if name and name not in CATCH_ALL and "*" not in name:
                self.note(TYPE, found, name, offset, is_definition=is_raised, name=_type_name(name))
            start += len(part) + 1

    def _list(self, values: Sequence, hints: Hints) -> None:
        for hint in hints:
            if _is_a(hint, STEPS):
                return self.steps(values)
            if _is_a(hint, ErrorHandler):
                return self.handlers(values)
            if _is_a(hint, FlowNames):
                return self._each(values, (FlowLink,))
            if _is_a(hint, TypePatterns):
                return self._each(values, (hint,))
            if _is_a(hint, Value):
                return self._input(values)
            if _is_list(hint):
                return self._each(values, parameter_hints(hint))
        return self.texts(values, always=any(_is_a(hint, EXPRESSIONS) for hint in hints))

    def _each(self, values: Sequence, hints: Hints) -> None:
        for value in values:
            self.value(value, hints)

    def _map(self, values: Map, hints: Hints) -> None:
        for hint in hints:
            if _is_a(hint, ErrorHandler):
                return self.handlers(values)
            if _is_a(hint, Element) and not _is_a(hint, (Flow, Config)):
                return self.element(values)
            if _is_a(hint, Expectations):
                return self._expectations(values)
            if _is_a(hint, Value):
                return self._input(values)
            if _is_a(hint, Parameters):
                return self.parameters(hint, values)
            if _is_map(hint):
                return self._entries(values, hint)
        return self.texts(values, always=any(_is_a(hint, EXPRESSIONS) for hint in hints))

    def _entries(self, values: Map, hint: Any) -> None:
        keys, inner = (parameter_hints(hint, number) for number in (0, 1))
        naming = next((each for each in keys if isinstance(each, Naming)), None)
        for key, value in values.items():
            if naming:
                self.note(naming.what, Found(key, values.places[key][0]), is_definition=naming.defines)
            self.value(value, inner)

    def _with(self, processor: str, values: Any) -> None:
        """Note the names among the parameters that a selected step has."""
        cls = self._class(processor)
        hints = parameters_of(cls) if cls else {}
        outer, self._config = self._config, str(values.get("config-ref", "")) if isinstance(values, Map) else ""
        for key, value in values.items() if isinstance(values, Map) else ():
            if isinstance(value, Text):
                self.value(value, hints.get(key, self._hints_anywhere(key)))
        self._config = outer

    def _hints_anywhere(self, key: str) -> Hints:
        """Return the hints of a parameter of the first element that has one of this name."""
        known = (parameters_of(element).get(key) for _, element in self.catalog.elements())
        return next((hints for hints in known if hints), ())

    def _expectations(self, values: Map) -> None:
        for key, value in values.items():
            if key == CALLS and isinstance(value, Sequence):
                self._each(value, (Calls,))
            else:
                self.expression(Found(key, values.places[key][0]), 0, key)
                self.possible_types(value)

    def possible_types(self, value: Any) -> None:
        """Note the texts of a value that may be error types."""
        waiting = [value]
        while waiting:
            value = waiting.pop()
            if isinstance(value, Text) and TYPE_NAME.fullmatch(value):
                self.note(TEXT, Found.of(value))
            elif isinstance(value, (Map, Sequence)):
                waiting += value.values() if isinstance(value, Map) else value

    def _input(self, value: Any) -> None:
        """Note the names in an input of a test: it holds no expressions but under `from-expression`."""
        if isinstance(value, Map) and list(value) == [FROM_EXPRESSION]:
            self.texts(value[FROM_EXPRESSION], always=True)
        else:
            for each in (
                (value.values() if isinstance(value, Map) else value) if isinstance(value, (Map, Sequence)) else ()
            ):
                self._input(each)

    # Texts with expressions

    def texts(self, value: Any, *, always: bool = False) -> None:
        """Note the names in the expressions of a value. always: whether its texts are expressions without `#[ ]`."""
        if isinstance(value, Sequence):
            for each in value:
                self.texts(each, always=always)
        elif isinstance(value, Map):
            is_script = list(value) == [SCRIPT]
            if list(value) == [RESOURCE] and str(value[RESOURCE]).endswith(SCRIPT_FILE):
                return self._beside(str(value[RESOURCE]), LANGUAGES[SCRIPT])
            for each in value.values():
                self.script(each) if is_script and isinstance(each, Text) else self.texts(each, always=always)
        elif isinstance(value, Text):
            self._marked(value, always=always)

    def _marked(self, text: Text, *, always: bool) -> None:
        if always and not text.lstrip().startswith("#["):
            return self.expression(Found.of(text), 0, str(text))
        for offset, expression in self._parts(str(text)) if "#[" in text else ():
            self.expression(Found.of(text), offset, expression)
        return None

    def script(self, text: Text) -> None:
        outer, self.language = self.language, LANGUAGES[SCRIPT]
        self.expression(Found.of(text), 0, str(text))
        self.language = outer

    def _beside(self, name: str, language: Language, *, is_template: bool = False) -> None:
        """Note the names in a file beside this one: a script, or a text with `#[…]` in it."""
        file = find_below(Path(self.document.file).parent.resolve(), name)
        document = read_file(file, TextFile) if file else None
        outer, self.document, self.language = (self.document, self.language), document or self.document, language
        if document is not None:
            whole = Found(document.text, document.start())
            for offset, expression in self._parts(document.text) if is_template else [(0, document.text)]:
                self.expression(whole, offset, expression)
        self.document, self.language = outer

    def _parts(self, text: str) -> Iterator[tuple[int, str]]:
        try:
            parts = self.language.split(text)
        except ExpressionSyntaxError:
            return
        yield from ((part.offset, part.text) for part in parts if part.is_expression)

    def expression(self, found: Found, offset: int, expression: str) -> None:
        is_dataweave = self.language.name == SCRIPT
        for word in words_in(expression, is_dataweave=is_dataweave):
            self.note(word.kind, found, word.name, offset + word.offset, is_whole=False)


def parameter_hints(hint: Any, number: int = 0) -> Hints:
    """Return the hints of the entries of a list, or of the keys (0) or values (1) of a map."""
    arguments = get_args(hint)
    return hints_of(arguments[number]) if len(arguments) > number else ()


def _type_name(name: str) -> str:
    """Return an error type with its namespace."""
    try:
        return str(error_type(name))
    except ValueError:
        return name


def _is_list(hint: Any) -> bool:
    origin: Any = get_origin(hint)
    return origin in (tuple, list)


def _is_map(hint: Any) -> bool:
    origin: Any = get_origin(hint)
    return origin is dict


def _is_a(hint: Any, classes: Any) -> bool:
    return isclass(hint) and get_origin(hint) is None and issubclass(hint, classes)
