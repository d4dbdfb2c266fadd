"""From a value of a flow file to one compiled function: texts with `#[…]`, lists and maps of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from engine.expressions import JMESPATH, LANGUAGES, EvaluationError, ExpressionSyntaxError
from engine.expressions.functions import FUNCTIONS
from engine.expressions.functions.function import Function
from engine.expressions.held import Computed, Constant, Held, ListOf, MapOf, TextOf
from engine.expressions.language import Language, Names
from engine.expressions.marks import doubts_of
from engine.parameters.mistake import Mistake, not_finite, refuse
from engine.parameters.text import Piece, Text, TextPlace
from engine.values.errors import EXPRESSION, FlowError
from engine.values.event import Event

ROOTS = {
    "payload": "event.payload",
    "attributes": "event.attributes",
    "vars": "event.vars",
    "error": "event.error",
    "message": "event.message",
    "correlationId": "event.correlation_id",
    "flow": "flow",
}
NO_VARIABLES: Mapping[str, str] = {}
SCRIPT, RESOURCE = "dataweave", "resource"
"""The only key of a map that is a script, and of one that names the file of a script."""
SCRIPT_FILE = ".dwl"
Evaluate = Callable[[Event], Any]


@dataclass(frozen=True)
class Reach:
    """The names that expressions of one flow may use in addition to the event."""

    functions: Mapping[str, Function] = field(default_factory=lambda: FUNCTIONS)
    flow: Mapping[str, Any] | None = None
    roots: Mapping[str, str] = field(default_factory=lambda: ROOTS)
    """The bare names, as Python over `event`."""
    read_scalar: Callable[[str], Any] = str
    """Reads text from a placeholder if any value is allowed. Raises ValueError."""
    warn: Callable[[Mistake], None] = lambda mistake: None
    language: Language = JMESPATH
    """The language of its expressions."""
    script: Callable[[Text], Text] | None = None
    """Returns the text of a file with a script, whose name a parameter has; refuses one that is not there."""
    app: Mapping[str, Any] = field(default_factory=dict)
    """What expressions see of the application as `app`, in languages that have it."""

    @cached_property
    def names(self) -> Names:
        """The same for the language."""
        return Names(self.functions, self.roots, _whole(self.flow), {"flow": self.flow, "app": self.app})


class Leaf(NamedTuple):
    """One expression among those that a parameter holds."""

    text: str
    place: TextPlace | None

    def __str__(self) -> str:
        return self.told()

    def told(self, offset: int | None = None) -> str:
        """Return the expression and its place; of a script with several lines only the one with that character."""
        at = f" at {self.place}" if self.place else ""
        if "\n" not in self.text.strip():
            return f"#[{self.text.strip()}]{at}"
        number = self.text.count("\n", 0, offset or 0)
        if offset is None:
            return f"the script{at}"
        return f"line {number + 1} of the script{at}: {self.text.splitlines()[number].strip()}"


class Reader:
    """Reads a value of a flow file, and compiles it; keeps its leaves and the mistakes in them.

    variables: names that a `let` around the value defines; whoever wraps it adds to them.
    """

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.variables: set[str] = set()
        self.leaves: list[Leaf] = []
        self.mistakes: list[Mistake] = []

    @classmethod
    def standalone(cls) -> Reader:
        """Return a reader outside any file."""
        return cls(STANDALONE)

    def read(self, value: Any, *, always: bool) -> Held:
        """Return the contents of a value. always: whether texts are expressions without `#[ ]`."""
        if isinstance(value, Mapping):
            if (script := self._script(value)) is not None:
                return script
            self._check_keys(value)
            return MapOf({key: self.read(inner, always=always) for key, inner in value.items()})
        if isinstance(value, list):
            return ListOf(tuple(self.read(inner, always=always) for inner in value))
        if not isinstance(value, str):
            return Constant(value)
        text = value if isinstance(value, Text) else Text(value)
        try:
            if text.is_one_placeholder:
                return self._scalar(text)
            return self._expression(text) if always else self._text(text)
        except ExpressionSyntaxError as error:
            self._note(error, text)
            return Constant(None)

    def _script(self, mapping: Mapping[Any, Any]) -> Held | None:
        """Return the script that a map is, written out or in a file of its own; None of any other map."""
        (key, written), *others = mapping.items() or [("", None)]
        if others or not isinstance(written, str) or key not in (SCRIPT, RESOURCE):
            return None
        text = written if isinstance(written, Text) else Text(written)
        if key == RESOURCE:
            if not text.endswith(SCRIPT_FILE) or self.reach.script is None:
                return None
            text = self.reach.script(text)
        return self._read_script(text)

    def _read_script(self, text: Text) -> Held:
        language = LANGUAGES[SCRIPT]
        try:
            script = self._leaf(str(text), 0, text, language)
        except ExpressionSyntaxError as error:
            self._note(error, text)
            return Constant(None)
        if language is self.reach.language:
            return script
        evaluate = language.compile(script, self.reach.names, NO_VARIABLES, lambda error, leaf: error)
        return script.in_other_language(evaluate, language.truth)

    def _scalar(self, text: Text) -> Constant:
        try:
            return Constant(self.reach.read_scalar(str(text)))
        except ValueError:
            self.mistakes.append(not_finite(text, text.place))
            return Constant(None)

    def _check_keys(self, mapping: Mapping[Any, Any]) -> None:
        for key in mapping:
            if "#[" in str(key):
                place, _ = getattr(mapping, "places", {}).get(key, (None, None))
                write = "the function from_items for keys that are computed"
                self.mistakes.append(Mistake("F404", f"'{key}', an expression as a key", "a name", write, place))

    def _text(self, text: Text) -> Held:
        parts = tuple(part for piece in self._pieces(text) for part in self._piece(text, piece))
        telling = [part for part in parts if isinstance(part, Computed) or part.value.strip()]
        if len(telling) == 1 and isinstance(telling[0], Computed):
            return telling[0].simplest
        literals = [part.value for part in parts if isinstance(part, Constant)]
        return TextOf(parts) if len(literals) < len(parts) else Constant("".join(literals))

    def _pieces(self, text: Text) -> Iterable[Piece]:
        """Return the pieces in which expressions are looked for; one if an expression may hold filled-in text."""
        if self.reach.language.fills_placeholders and text.has_placeholders:
            return (Piece(str(text), is_filled=False),)
        return text.pieces

    def _piece(self, text: Text, piece: Piece) -> Iterator[Constant | Computed]:
        if piece.is_filled:
            yield Constant(piece.text)
            return
        parts = self._split(text, piece)
        self._warn(doubts_of(parts), piece.offset, text)
        for part in parts:
            offset = piece.offset + part.offset
            if not part.is_expression:
                yield Constant(part.text)
            elif self._is_filled(text, offset):
                yield Constant(f"#[{part.text}]")
            else:
                yield self._leaf(part.text, offset, text)

    def _is_filled(self, text: Text, offset: int) -> bool:
        """Return whether a mark `#[` came out of a placeholder: it begins no expression."""
        return self.reach.language.fills_placeholders and text.is_filled_at(offset - 1)

    def _split(self, text: Text, piece: Piece) -> Any:
        try:
            return self.reach.language.split(piece.text)
        except ExpressionSyntaxError as error:
            error.offset += piece.offset
            is_refused = text.has_placeholders and not self.reach.language.fills_placeholders
            raise _inside_expression(text, piece.offset) if is_refused else error from None

    def _expression(self, text: Text) -> Held:
        if text.has_placeholders and not self.reach.language.fills_placeholders:
            raise _inside_expression(text, 0)
        parts = self.reach.language.split(text.strip()) if text.lstrip().startswith("#[") else []
        if len(parts) == 1 and parts[0].is_expression:
            return self._leaf(parts[0].text, text.index("#[") + 2, text).simplest
        return self._leaf(str(text), 0, text).simplest

    def _leaf(self, expression: str, offset: int, text: Text, language: Language | None = None) -> Computed:
        language = language or self.reach.language
        variables = self.variables if language is self.reach.language else ()
        try:
            tree = language.read(expression, self.reach.names, variables)
        except ExpressionSyntaxError as error:
            error.offset += offset
            raise
        self._warn(tree.doubts(), offset, text)
        self.leaves.append(Leaf("…" if text.secret else expression, text.place))
        return Computed(len(self.leaves) - 1, tree)

    def _warn(self, warnings: Iterable[ExpressionSyntaxError], offset: int, text: Text) -> None:
        for warning in warnings:
            warning.offset += offset
            self.reach.warn(_mistake(warning, text, is_filled=self.reach.language.fills_placeholders))

    def _note(self, error: ExpressionSyntaxError, text: Text) -> None:
        self.mistakes.append(_mistake(error, text, is_filled=self.reach.language.fills_placeholders))

    def compile(self, held: Held, variables: Mapping[str, str] = NO_VARIABLES) -> Evaluate:
        """Return the function of all contents; raise the validation error of the mistakes found in it.

        variables: the values of `$names` that no `let` in it defines, as Python over `event`.
        """
        if self.mistakes:
            refuse(self.mistakes)
        try:
            return self.reach.language.compile(held, self.reach.names, variables, self._failed)
        except ExpressionSyntaxError as error:  # Python compiles the whole: its parts alone were not too deep
            place = self.leaves[0].place if self.leaves else None
            refuse([Mistake("F401", error.found, error.expected, error.write, place)])

    def _failed(self, error: Exception, leaf: int) -> Exception:
        if isinstance(error, FlowError):
            return error
        is_told = isinstance(error, (EvaluationError, NotImplementedError))
        reason = str(error) if is_told else "an expression failed"
        found = reason if is_told else f"{reason} with {type(error).__name__}: {error}"
        where = self.leaves[leaf].told(getattr(error, "offset", None)) if self.leaves else "a literal value"
        return FlowError(EXPRESSION, reason, detailed_description=f"{found}, in {where}", cause=error)


def _mistake(error: ExpressionSyntaxError, text: Text, *, is_filled: bool) -> Mistake:
    """is_filled: whether the offset counts the characters of filled-in text."""
    offset = text.original(error.offset) if is_filled and text.has_placeholders else error.offset
    return Mistake("F401", error.found, error.expected, error.write, text.place, offset)


def _inside_expression(text: Text, start: int) -> ExpressionSyntaxError:
    """Refuse the first placeholder after the start of an expression."""
    offset = next((piece.offset for piece in text.pieces if piece.is_filled and piece.offset >= start), start)
    return ExpressionSyntaxError(offset, "a placeholder '${…}' inside an expression", "the function p", "p('name')")


def _whole(flow: Mapping[str, Any] | None) -> Callable[[Event], dict[str, Any]]:
    def whole(event: Event) -> dict[str, Any]:
        """Return the event as `@` and `$` show it."""
        return {
            "payload": event.payload,
            "attributes": event.attributes,
            "vars": dict(event.vars),
            "error": event.error,
            "message": event.message,
            "correlationId": event.correlation_id,
            "flow": flow,
        }

    return whole


STANDALONE = Reach()
"""The names for expressions of a processor that is made in Python, outside any file."""
