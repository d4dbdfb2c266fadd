"""Parameters that hold expressions: read and compiled when the file is loaded, called at run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic_core import core_schema

from engine.expressions.errors import EvaluationError
from engine.expressions.held import Constant, Held, MapOf, Truth
from engine.expressions.writing import WRITING_ERRORS, to_text
from engine.parameters.loading import loading_of
from engine.parameters.mistake import Mistake, shown
from engine.parameters.reader import ROOTS, STANDALONE, Evaluate, Reach, Reader
from engine.parameters.validated import ANY_VALUE, Validated, typed
from engine.values.errors import EXPRESSION, FlowError
from engine.values.event import Event


class Written(Validated):
    """A value of a flow file, not read yet, for elements that read several parameters as one.

    Such an element says by `effects` whether an expression in it acts.
    """

    word = "value"
    schema = ANY_VALUE

    def __init__(self, value: Any, reach: Reach) -> None:
        self.written = value
        self.reach = reach

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        return value if isinstance(value, cls) else cls(value, loading_of(info).reach)


class WrittenExpression(Written):
    """The same for a value whose texts are expressions, with or without `#[ ]` around them."""

    word = "expression"


class Compiled(Validated):
    """The base of Template and Expression: a value of a flow file, compiled to `evaluate(event)`.

    Raises MULE:EXPRESSION from `evaluate`, with the expression and its place, never a value.
    """

    __slots__ = ("evaluate", "held", "written")
    always: ClassVar[bool]
    variables: ClassVar[Mapping[str, str]] = {}
    """`$names` that its expressions may use in addition to the roots, as Python over `event`."""
    evaluate: Evaluate
    held: Held
    """Its contents, for those who look at it before it is evaluated."""

    def __init__(self, value: Any, reach: Reach | None = None) -> None:
        self.written = value
        reader = Reader(reach or STANDALONE)
        reader.variables.update(self.variables)
        read = reader.read(value, always=self.always)
        found = list(reader.mistakes)
        self.held = self._check(read, value, reader)
        reader.mistakes = found or reader.mistakes  # an expression that cannot be read is that mistake, and no other
        self.evaluate = reader.compile(self.held, self.variables)

    def _check(self, held: Held, written: Any, reader: Reader) -> Held:
        """Return the value to compile; a mistake in it is noted by the reader."""
        return held

    def __call__(self, event: Event) -> Any:
        return self.evaluate(event)

    @property
    def is_literal(self) -> bool:
        return isinstance(self.held, Constant)

    @property
    def literal(self) -> Any:
        """Its value, if it is a literal."""
        assert isinstance(self.held, Constant)
        return self.held.value

    @property
    def is_constant(self) -> bool:
        """Whether there is no expression in it."""
        return self.held.is_constant

    @property
    def entries(self) -> Mapping[str, Held] | None:
        """Its entries by name, if it is a map that is written out."""
        return self.held.entries if isinstance(self.held, MapOf) else None

    @property
    def media_type(self) -> str | None:
        """The media type that its expression gives the value, if it does (`output application/xml` of DataWeave)."""
        return self.held.media_type

    @property
    def acts(self) -> bool:
        """Whether one of its expressions acts on something other than the event, such as another flow."""
        return self.held.acts

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        return value if isinstance(value, cls) else cls(value, loading_of(info).reach)


class Template(Compiled):
    """A value in which any text may hold `#[…]`: alone it keeps its type, inside other text it becomes text."""

    __slots__ = ()
    always = False
    word = "value"
    schema = ANY_VALUE

    def text(self, event: Event) -> str:
        """Return the value for this event as text. Raise MULE:EXPRESSION, also for one that cannot become text."""
        value = self.evaluate(event)
        try:
            return to_text(value)
        except WRITING_ERRORS as error:
            is_told = isinstance(error, (EvaluationError, NotImplementedError))
            reason = str(error) if is_told else "the value cannot be written as text"
            raise FlowError(EXPRESSION, reason, detailed_description=str(error), cause=error) from error


class Expression(Compiled):
    """A value whose texts are expressions, with or without `#[ ]` around them."""

    __slots__ = ()
    always = True
    word = "expression"
    schema = ANY_VALUE


class Condition(Expression):
    """An expression used as a condition: `evaluate` returns JMESPath's truth as a bool."""

    __slots__ = ()
    word = "condition"
    schema = typed("string", "boolean")

    def _check(self, held: Held, written: Any, reader: Reader) -> Held:
        if isinstance(held, Constant) and isinstance(held.value, str):
            place = getattr(written, "place", None)
            text = held.value
            found = f"{shown(written if getattr(written, 'secret', False) else text)}, a literal text, as a condition"
            write = text if text.partition(".")[0] in ROOTS else ""
            reader.mistakes.append(Mistake("F402", found, "an expression such as vars.count > 4", write, place))
        return Truth(held)
