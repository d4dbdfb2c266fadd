"""Manual pages, derived from the classes of elements."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from itertools import groupby, pairwise
from typing import Any, NamedTuple, get_args

from engine.expressions.functions import discover_functions
from engine.expressions.functions.function import Function, Parameter
from engine.expressions.writing import to_text
from engine.limits import LIMITS, Limit
from engine.loading.application_functions import application_functions
from engine.loading.placeholders import Filler
from engine.loading.properties import Properties
from engine.parameters.amounts import Amount
from engine.parameters.element import Element, Parameters, raised_types
from engine.parameters.expression import Compiled
from engine.parameters.files import Resources
from engine.parameters.schema import kind_of
from engine.values.errors import ANY, ErrorType

SHARED = ("doc_name", "error_mapping", "target", "target_value", "timeout", "redelivery_policy")
"""Parameters of many elements: they are listed after the element's own."""

EXAMPLE = "Example:"
ARROW = "→"


def summary(element: type[Element]) -> str:
    """Return the first sentence of an element's manual, on one line."""
    paragraph = inspect.cleandoc(element.__doc__ or "").partition("\n\n")[0]
    return re.split(r"(?<=\.)\s", " ".join(paragraph.split()), maxsplit=1)[0]


def prose(element: type[Any]) -> str:
    """Return the manual without its example."""
    return inspect.cleandoc(element.__doc__ or "").partition(EXAMPLE)[0].strip()


def example(element: type[Any]) -> str:
    """Return the example of the manual, as YAML; empty if there is none."""
    return textwrap.dedent(inspect.cleandoc(element.__doc__ or "").partition(EXAMPLE)[2]).strip("\n")


def page(name: str, element: type[Element]) -> str:
    """Return the manual page: its purpose, its parameters, the errors it raises, an example."""
    parts = [name, "", prose(element), "", "Parameters:", *parameters(element, "  ")]
    if element.raises:
        parts += ["", "Raises:", *map(_raised, raised_types(element))]
    return "\n".join([*parts, "", EXAMPLE, textwrap.indent(example(element), "  ")])


def _raised(error_type: ErrorType) -> str:
    return f"  {error_type}{kind_told(error_type)}"


def kind_told(error_type: ErrorType) -> str:
    """Return `, a kind of MULE:VALIDATION` if an error type is a kind of something."""
    parent = error_type.parent
    return f", a kind of {parent}" if parent and parent != ANY else ""


def all_functions() -> dict[str, Function]:
    """Return the functions of expressions by name: ours, installed ones, and those of an application."""
    nothing = Filler(Properties({}, {}, {}))
    return dict(sorted({**discover_functions(), **application_functions(nothing, {}, Resources(()))}.items()))


def function_list(functions: Mapping[str, Function]) -> Iterator[str]:
    """Return one line for each function: its call, and its purpose."""
    lines = [(signature(function), function.manual.partition("\n")[0]) for function in functions.values()]
    wide = max(len(called) for called, _ in lines)
    return (f"{called:{wide}}  {does}" for called, does in lines)


def signature(function: Function) -> str:
    """Return `sort_by(elements, &key, [direction])`: optional arguments in brackets, expressions with &."""
    written = (f"[{name}]" if parameter.is_optional else name for name, parameter in _arguments(function))
    return f"{function.name}({', '.join(written)}{', …' if function.variadic else ''})"


def _arguments(function: Function) -> Iterator[tuple[str, Parameter]]:
    for name, parameter in zip(inspect.signature(function.call).parameters, function.parameters, strict=True):
        yield ("&" if parameter.is_expression else "") + name.rstrip("_"), parameter


def function_page(function: Function) -> str:
    """Return the manual page of a function of expressions: its call, its result, examples."""
    told = [f"  {name}: {kind}" for name, kind in arguments(function)]
    examples = [f"  {line}" for line in examples_of(function)]
    parts = [signature(function), "", function_prose(function)]
    for title, body in (("Arguments:", told), ("Examples:", examples)):
        parts += ["", title, *body] if body else []
    return "\n".join([*parts, "", f"DataWeave: {counterpart(function)}"])


def function_prose(function: Function) -> str:
    """Return the manual of a function without its examples."""
    return "\n".join(line for line in _manual_lines(function) if ARROW not in line).strip()


def examples_of(function: Function) -> list[str]:
    """Return the examples of a function's manual: `sum([1, 2]) → 3`."""
    return [line for line in _manual_lines(function) if ARROW in line]


def _manual_lines(function: Function) -> list[str]:
    return inspect.cleandoc(function.call.__doc__ or "").splitlines()


def arguments(function: Function) -> list[tuple[str, str]]:
    """Return the arguments of a function with their types, and with what is special of them."""
    return [(name, _argument(parameter)) for name, parameter in _arguments(function)]


def counterpart(function: Function) -> str:
    """Return the function of DataWeave that does the same."""
    return function.dataweave or "nothing like it"


def _argument(parameter: Parameter) -> str:
    """Return the types of an argument, and its special properties."""
    kind = "an expression of each element" if parameter.is_each else parameter.expected
    if parameter.kinds.whole:
        kind = kind.replace("integer", parameter.expected_whole)
    notes = ["may be left out"] if parameter.is_optional else []
    if parameter.is_lazy:
        notes.append("computed only where it is needed")
    return ", ".join([kind, *notes])


def dataweave_page() -> str:
    """Return how DataWeave's most used operators and functions are written here, with an example each."""
    from engine.expressions.functions.dataweave import TABLE

    wide, wider = (max(len(row[column]) for row in TABLE) for column in (0, 1))
    head = f"{'DataWeave':{wide}}  {'here':{wider}}  example"
    rows = (f"{row.dataweave:{wide}}  {row.here:{wider}}  {row.expression} → {row.result}" for row in TABLE)
    return "\n".join([head, *rows])


def limits_page() -> str:
    """Return the bounds under their headings: their subjects and sizes, the effect beyond, why, who may change them."""
    paragraphs = []
    for heading, limits in groupby(LIMITS, key=lambda limit: limit.group):
        paragraphs += [heading, *(_limit(each) for each in limits)]
    return "\n\n".join(paragraphs)


def _limit(limit: Limit) -> str:
    setting = f" Set by {limit.parameter}." if limit.parameter else ""
    amount = f"{limit.value:,} {limit.unit}"
    return f"  {limit.subject}: {amount}\n    Beyond: {limit.beyond}. Why: {limit.reason}.{setting}"


def descriptions(cls: type[Any]) -> dict[str, str]:
    """Return field → the line beneath it, for a class and those that it inherits from."""
    ancestors: list[Any] = [each for each in reversed(cls.__mro__) if issubclass(each, Parameters)]
    return {name: text for each in ancestors if each is not Parameters for name, text in _documented(each).items()}


@cache
def _documented(cls: type[Any]) -> dict[str, str]:
    """Return the texts of a class's own fields; read once, since many elements inherit the same."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: " ".join(words.split())
        for field, text in pairwise(body.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and (words := _text_of(text))
    }


def _text_of(statement: ast.stmt) -> str:
    """Return the text of a statement that is nothing but a text."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


class Entry(NamedTuple):
    """A parameter as a manual tells it: its name, how it is written, its default, a text, those inside it."""

    name: str
    kind: str
    default: str
    text: str
    inner: tuple[Entry, ...]

    def lines(self, indent: str) -> Iterator[str]:
        """Yield the printed lines of the entry, and of those inside it."""
        yield f"{indent}{self.name}: {self.kind}{self.default}"
        deeper = indent + "    "
        if self.text:
            yield textwrap.fill(self.text, 100, initial_indent=deeper, subsequent_indent=deeper)
        for each in self.inner:
            yield from each.lines(deeper)


def parameters(
    cls: type[Any], indent: str, *, nests: bool = True, without: Collection[str] = frozenset()
) -> Iterator[str]:
    """Yield the lines of each parameter of a class; the arguments are those of `entries`."""
    return (line for entry in entries(cls, nests=nests, without=without) for line in entry.lines(indent))


def entries(cls: type[Any], *, nests: bool = True, without: Collection[str] = frozenset()) -> Iterator[Entry]:
    """Yield each parameter of a class with the text beneath it.

    nests: whether those of its parameters follow, too. without: fields that are left out.
    """
    documented = descriptions(cls)
    shared = SHARED if issubclass(cls, Element) else ()
    for name, field in sorted(cls.__pydantic_fields__.items(), key=lambda each: each[0] in shared):
        if name not in without:
            inside = nested(field.annotation) if nests else ()
            inner = tuple(entry for each in inside for entry in entries(each))
            text = documented.get(name, "")
            yield Entry(field.alias or name, kind_of(field).word, default(field), text, inner)


def default(field: Any) -> str:
    """Return ` (required)`, or the default of a parameter, if it tells something: ` (3 s)`."""
    if field.is_required():
        return " (required)"
    default = field.default
    if isinstance(default, Compiled):
        default = default.written
    if isinstance(default, dict) and default:
        default = to_text(default)
    if isinstance(default, bool):
        return f" ({str(default).lower()})"
    if isinstance(default, float):
        return f" ({default:g} s)"
    return f" ({default})" if isinstance(default, (str, int, Amount)) and default != "" else ""


def nested(annotation: Any) -> Iterator[type[Any]]:
    """Yield the classes of nested parameters that an annotation names."""
    if inspect.isclass(annotation) and issubclass(annotation, Parameters) and not issubclass(annotation, Element):
        yield annotation
    for argument in get_args(annotation):
        yield from nested(argument)
