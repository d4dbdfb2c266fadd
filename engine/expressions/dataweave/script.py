"""A script as a whole: its inputs are read, it is evaluated, and its result is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from inspect import signature
from typing import Any

from engine.expressions.budget import one_evaluation, spend
from engine.expressions.dataweave.compiling.compiler import compile_script, source_of
from engine.expressions.dataweave.directives import readers_of, writer_of
from engine.expressions.dataweave.formats.dw import EVALUATE
from engine.expressions.dataweave.formats.formats import writer
from engine.expressions.dataweave.inputs import USUAL, Inputs
from engine.expressions.dataweave.library import hooks
from engine.expressions.dataweave.syntax.parser import parse, parse_module
from engine.expressions.dataweave.syntax.tree import Do, Lambda, Literal, Name, Parameter, Script, Select, Variable
from engine.expressions.dataweave.syntax.tree import Function as Declared
from engine.expressions.dataweave.telling import tell
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.functions import Function
from engine.expressions.dataweave.walking import uses_metadata
from engine.expressions.errors import ExpressionSyntaxError

OF_EVENT = ("payload", "attributes", "vars", "message", "error", "correlationId")
MAIN_INPUTS = "inputs"
Load = Callable[[str], str]
"""Returns the text of a file of the application by its name. Raises KeyError."""
FILE_TYPE = ".dwl"
PER_CHARACTER = 400
"""Steps to compile a text that a script reads as DataWeave."""


class CompiledScript:
    """A script that can be run many times.

    names: those of its inputs. load: returns the text of a file, for modules that it imports. functions: further ones
    that it may call, by name.
    """

    def __init__(
        self,
        text: str,
        names: Iterable[str] = USUAL,
        load: Load | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self.text = text
        script = parse(text)
        self.writer = writer_of(script)
        self._readers = readers_of(script)
        known = dict.fromkeys([*names, *self._readers])
        self._evaluate = compile_script(
            script,
            inputs={name: f'event["{name}"]' for name in known},
            names={name: function_of(name, call) for name, call in {**ALONE, **(functions or {})}.items()},
            load=module_loader(load),
        )
        is_shown = self.writer is None or self.writer.format.name == "dw"
        self._is_annotated = is_shown or uses_metadata(script)

    def run(self, inputs: Mapping[str, Any] | None = None) -> tuple[bytes, str]:
        """Return the result as bytes, and its media type; application/dw if the script names none.

        inputs: by name, bytes or a text with a media type, or a value. Raises EvaluationError.
        """
        with one_evaluation():
            written = self.writer or writer("application/dw")
            return written.write(self._value(inputs, self._is_annotated)), written.format.media_type

    def evaluate(self, inputs: Mapping[str, Any] | None = None) -> Any:
        """Return the result as a value, not written. Raises EvaluationError."""
        with one_evaluation():
            return self._value(inputs, self._is_annotated and self.writer is not None)

    @property
    def source(self) -> str:
        """The Python that the script compiles to."""
        return source_of(self._evaluate)

    def _value(self, inputs: Mapping[str, Any] | None, is_annotated: bool) -> Any:
        return self._evaluate(Inputs(inputs or {}, self._readers, is_annotated))


def function_of(name: str, call: Callable[..., Any]) -> Function:
    """Return a Python function as a value of scripts; it takes as many arguments as its signature says."""
    parameters = signature(call).parameters.values()
    least = sum(each.default is each.empty for each in parameters)
    return Function(name, len(parameters), call, least=least, acts=True)


def _no_property(name: str) -> None:
    """Return the value of a property where there is no application."""


ALONE: Mapping[str, Callable[..., Any]] = {"p": _no_property}
"""Functions of Mule that a script outside a flow may call."""


def module_loader(load: Load | None) -> Callable[[str], Script]:
    """Return the function that reads modules of the application: `a::B` is the file a/B.dwl."""

    def read(module: str) -> Script:
        if load is None:
            raise KeyError(module)
        file = module.replace("::", "/") + FILE_TYPE
        try:
            return with_main(parse_module(load(file)))
        except ExpressionSyntaxError as error:
            error.found = f"{error.found} in {file}"
            raise

    return read


def with_main(module: Script) -> Script:
    """Return a module that has the function `main` if it has a body: `x::main({payload: …})` evaluates that body."""
    if module.body is None:
        return module
    at = module.offset
    inputs = Name(at, MAIN_INPUTS)
    given = (Variable(at, name, Select(at, inputs, ".", Literal(at, name))) for name in OF_EVENT)
    body = Do(at, tuple(given), module.body)
    main = Lambda(at, (Parameter(at, MAIN_INPUTS),), body, name="main")
    return replace(module, directives=(*module.directives, Declared(at, main)))


@lru_cache(maxsize=64)
def compiled(text: str, names: tuple[str, ...] = ()) -> CompiledScript:
    """Return a script, compiled once for the same inputs."""
    return CompiledScript(text, names)


def _evaluate(text: str) -> Any:
    """Return the value of a text of application/dw: a script without inputs. Raise Failed if it is none."""
    spend(PER_CHARACTER * len(text), "reading DataWeave")
    try:
        return CompiledScript(text, ()).evaluate()
    except ExpressionSyntaxError as error:
        line, column = text.count("\n", 0, error.offset) + 1, error.offset - text.rfind("\n", 0, error.offset)
        raise Failed(f"the text is no DataWeave (line {line}, column {column})", "ReadExecutionException") from None


EVALUATE.append(_evaluate)
hooks.bind(tell)
