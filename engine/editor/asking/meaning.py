"""What may stand at a place of a file: found out from the keys that lead there, and the classes that read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from inspect import isclass
from typing import Annotated, Any, get_args, get_origin

from pydantic.fields import FieldInfo

from engine.editor.sketching.nodes import Key
from engine.loading.catalog import Catalog, CatalogError
from engine.loading.loader import Configuration, SubFlow
from engine.loading.sections import SECTIONS
from engine.parameters.config import Config
from engine.parameters.element import Element, Parameters
from engine.parameters.expression import Compiled, Expression, Written
from engine.parameters.loading import Elements
from engine.parameters.validated import Described
from engine.steps.chain import Chain
from engine.steps.error_handler import OnError
from engine.steps.flow import Flow
from engine.steps.processor import Processor, Source

SCRIPT = "dataweave"
"""The key of a map that is a script."""


@dataclass(frozen=True)
class Meaning:
    """The base: something of which nothing is known."""

    def inside(self, key: Key, catalog: Catalog) -> Meaning:
        """Return what stands under a key."""
        return ANYTHING


ANYTHING = Meaning()


@dataclass(frozen=True)
class Top(Meaning):
    """The top of a flow file, or of a test file."""

    is_test: bool = False

    def inside(self, key: Key, catalog: Catalog) -> Meaning:
        if key in SECTIONS:
            return _sections()[str(key)]
        return _of_tests(str(key)) if self.is_test else ANYTHING


@dataclass(frozen=True)
class Named(Meaning):
    """A map whose keys the author chooses. what: what each is the name of."""

    each: Meaning
    what: str = ""

    def inside(self, key: Key, catalog: Catalog) -> Meaning:
        return self.each


@dataclass(frozen=True)
class Several(Meaning):
    """A list."""

    each: Meaning

    def inside(self, key: Key, catalog: Catalog) -> Meaning:
        return self.each


@dataclass(frozen=True)
class Handlers(Several):
    """A list of error handlers, or `{ref: NAME}`."""

    def inside(self, key: Key, catalog: Catalog) -> Meaning:
        return HANDLER_NAME if key == "ref" else self.each


@dataclass(frozen=True)
class OneElement(Meaning):
    """A map of one key, the name of an element of this kind."""

    kind: type[Element]

    def inside(self, key: Key, catalog: Catalog) -> Meaning:
        if self.kind is OnError and key == "error-handler":
            return Handlers(OneElement(OnError))
        cls = element_class(catalog, str(key))
        return Fields(cls, str(key)) if cls else ANYTHING


@dataclass(frozen=True)
class Fields(Meaning):
    """A map of the parameters of a class. owner: the name of the element that has them, if it is one."""

    cls: type[Any]
    owner: str = ""

    def fields(self) -> dict[str, tuple[str, FieldInfo]]:
        """Return the parameters by the names that they have in a file, with those that they have in Python."""
        return {info.alias or name: (name, info) for name, info in self.cls.__pydantic_fields__.items()}

    def inside(self, key: Key, catalog: Catalog) -> Meaning:
        if key == "run" and self._is_case:
            key = "steps"
        name, info = self.fields().get(str(key), ("", None))
        return ANYTHING if info is None else _of_field(Parameter(self, str(key), name, info))

    @property
    def _is_case(self) -> bool:
        return "expect" in self.cls.__pydantic_fields__ and "request" in self.cls.__pydantic_fields__


@dataclass(frozen=True)
class Parameter:
    """A parameter of a class: its names in a file and in Python."""

    of: Fields
    key: str
    name: str
    info: FieldInfo


@dataclass(frozen=True)
class Value(Meaning):
    """A value of a parameter; is_alone: whether an item of a list of them."""

    parameter: Parameter
    annotation: Any

    @property
    def metadata(self) -> tuple[Any, ...]:
        return (*self.parameter.info.metadata, *_metadata(self.annotation))


@dataclass(frozen=True)
class Content(Meaning):
    """A value with expressions in it. is_whole: whether each text is an expression, without `#[ ]` around it, too."""

    is_whole: bool
    is_script: bool = False
    parameter: Parameter | None = None

    def inside(self, key: Key, catalog: Catalog) -> Meaning:
        return Content(self.is_whole, key == SCRIPT, self.parameter)


@dataclass(frozen=True)
class Expected(Meaning):
    """The map `expect` of a test: its keys are expressions."""

    def inside(self, key: Key, catalog: Catalog) -> Meaning:
        from engine.testing.expected.expectations import Calls

        return Several(Fields(Calls)) if key == "calls" else Matched(str(key))


@dataclass(frozen=True)
class Matched(Meaning):
    """What is expected of an expression."""

    expression: str

    def inside(self, key: Key, catalog: Catalog) -> Meaning:
        return self


@dataclass(frozen=True)
class Word(Meaning):
    """One of some words, or a name of this kind."""

    what: str


HANDLER_NAME = Word("error handler")
PROPERTY_FILE = Word("property file")
LANGUAGE = Word("expression language")
STEPS = Several(OneElement(Processor))


def meaning_of(path: Iterable[Key], catalog: Catalog, *, is_test: bool = False) -> Meaning:
    """Return what stands where keys lead."""
    found: Meaning = Top(is_test)
    for key in path:
        found = found.inside(key, catalog)
    return found


def element_class(catalog: Catalog, name: str) -> type[Element] | None:
    """Return the class of an element; None if there is none that works."""
    try:
        return catalog[name]
    except (KeyError, CatalogError):
        return None


def _sections() -> Mapping[str, Meaning]:
    return {
        "configs": Named(OneElement(Config), "a config"),
        "flows": Named(Fields(Flow), "a flow"),
        "sub-flows": Named(Fields(SubFlow), "a sub-flow"),
        "error-handlers": Named(Handlers(OneElement(OnError)), "an error handler"),
        "configuration": Fields(Configuration),
        "properties": Named(ANYTHING, "a property"),
        "configuration-properties": Several(PROPERTY_FILE),
        "expression-language": LANGUAGE,
    }


def _of_tests(key: str) -> Meaning:
    from engine.testing.files.case import Case, Suite

    return Named(Fields(Case), "a case") if key == "cases" else Fields(Suite).inside(key, NOBODY)


NOBODY = Catalog(())


def suite_fields() -> Fields:
    """Return what may stand at the top of a test file, beside the sections of flow files."""
    from engine.testing.files.case import Suite

    return Fields(Suite)


def _of_field(parameter: Parameter) -> Meaning:
    flat = [*parameter.info.metadata, *_metadata(parameter.info.annotation)]
    if any(isinstance(each, Described) and each.word == Chain.word for each in flat):
        return STEPS
    if parameter.key == "expect":
        return Expected()
    return _of_annotation(parameter.info.annotation, parameter)


def _metadata(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Annotated:
        return tuple(get_args(annotation)[1:])
    return tuple(each for inner in get_args(annotation) for each in _metadata(inner))


def _of_annotation(annotation: Any, parameter: Parameter) -> Meaning:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isclass(annotation):
        return _of_class(annotation, parameter)
    if origin in (list, tuple, frozenset) and arguments:
        return Several(_of_annotation(arguments[0], parameter))
    if origin is dict:
        return Named(_of_annotation(arguments[1], parameter))
    if origin is Annotated:
        return _of_annotation(arguments[0], parameter)
    found = (_of_annotation(each, parameter) for each in arguments)
    known = [each for each in found if not isinstance(each, Value)]
    return known[0] if known else Value(parameter, annotation)


def _of_class(cls: type[Any], parameter: Parameter) -> Meaning:
    if issubclass(cls, Elements):
        inner = OneElement(cls.element)
        return Handlers(inner) if cls.element is OnError else Several(inner)
    if issubclass(cls, Written):
        return Content(is_whole=parameter.key == "let", parameter=parameter)
    if issubclass(cls, Compiled):
        return Content(is_whole=issubclass(cls, Expression), parameter=parameter)
    if issubclass(cls, Source):
        return OneElement(Source)
    if issubclass(cls, Parameters) and not issubclass(cls, Element):
        return Fields(cls, parameter.of.owner)
    return Value(parameter, cls)
