"""From a value of a flow file to one compiled function: texts with `#[…]`, lists and maps of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.expressions import EvaluationError, ExpressionSyntaxError, check_tree, compile_tree, parse
from engine.expressions.doubts import doubts, of_negation, of_parts, refuse_numbers_in_brackets
from engine.expressions.functions import FUNCTIONS
from engine.expressions.functions.function import Function
from engine.expressions.habits import add_hint
from engine.expressions.marks import split
from engine.expressions.parser import Node
from engine.parameters.mistake import Mistake, not_finite, refuse
from engine.parameters.text import Piece, Place, Text
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
Evaluate = Callable[[Event], Any]


@dataclass(frozen=True)
class Reach:
    """What expressions of one flow may name beside the event."""

    functions: Mapping[str, Function] = field(default_factory=lambda: FUNCTIONS)
    flow: Mapping[str, Any] | None = None
    roots: Mapping[str, str] = field(default_factory=lambda: ROOTS)
    """The bare names, as Python over `event`."""
    read_scalar: Callable[[str], Any] = str
    """How text that came out of a placeholder is read where any value may stand. Raises ValueError."""
    warn: Callable[[Mistake], None] = lambda mistake: None


class Leaf(NamedTuple):
    """One expression among those that a parameter holds."""

    text: str
    place: Place | None

    def __str__(self) -> str:
        return f"#[{self.text.strip()}]" + (f" at {self.place}" if self.place else "")


class Reader:
    """Reads a value of a flow file into one syntax tree; keeps its leaves and the mistakes in them.

    always: whether texts are expressions without `#[ ]`.
    variables: names that a `let` around the tree defines; whoever wraps the tree adds to them.
    """

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.variables: set[str] = set()
        self.leaves: list[Leaf] = []
        self.mistakes: list[Mistake] = []

    @classmethod
    def standalone(cls) -> Reader:
        """A reader outside of any file."""
        return cls(STANDALONE)

    def read(self, value: Any, *, always: bool) -> Node:
        if isinstance(value, Mapping):
            self._check_keys(value)
            pairs = [{"value": key, "children": [self.read(inner, always=always)]} for key, inner in value.items()]
            return {"type": "map", "children": pairs}
        if isinstance(value, list):
            return {"type": "list", "children": [self.read(inner, always=always) for inner in value]}
        if not isinstance(value, str):
            return literal(value)
        text = value if isinstance(value, Text) else Text(value)
        try:
            if text.is_one_placeholder:
                return self._scalar(text)
            return self._expression(text) if always else self._text(text)
        except ExpressionSyntaxError as error:
            self._note(error, text)
            return literal(None)

    def _scalar(self, text: Text) -> Node:
        try:
            return literal(self.reach.read_scalar(str(text)))
        except ValueError:
            self.mistakes.append(not_finite(text, text.place))
            return literal(None)

    def _check_keys(self, mapping: Mapping[Any, Any]) -> None:
        for key in mapping:
            if "#[" in str(key):
                place, _ = getattr(mapping, "places", {}).get(key, (None, None))
                write = "the function from_items for keys that are computed"
                self.mistakes.append(Mistake("F404", f"'{key}', an expression as a key", "a name", write, place))

    def _text(self, text: Text) -> Node:
        nodes = [node for piece in text.pieces for node in self._piece(text, piece)]
        telling = [node for node in nodes if node["type"] == "leaf" or node["value"].strip()]
        if len(telling) == 1 and telling[0]["type"] == "leaf":
            return _constant(telling[0])
        if all(node["type"] == "literal" for node in nodes):
            return literal("".join(node["value"] for node in nodes))
        return {"type": "text", "children": nodes}

    def _piece(self, text: Text, piece: Piece) -> Iterator[Node]:
        if piece.is_filled:
            yield literal(piece.text)
            return
        parts = self._split(text, piece)
        self._warn(of_parts(parts), piece.offset, text)
        for part in parts:
            offset = piece.offset + part.offset
            yield self._leaf(part.text, offset, text) if part.is_expression else literal(part.text)

    def _split(self, text: Text, piece: Piece) -> Any:
        try:
            return split(piece.text)
        except ExpressionSyntaxError as error:
            error.offset += piece.offset
            raise _inside_expression(text, piece.offset) if text.has_placeholders else error from None

    def _expression(self, text: Text) -> Node:
        if text.has_placeholders:
            raise _inside_expression(text, 0)
        parts = split(text.strip()) if text.lstrip().startswith("#[") else []
        if len(parts) == 1 and parts[0].is_expression:
            return _constant(self._leaf(parts[0].text, text.index("#[") + 2, text))
        return _constant(self._leaf(str(text), 0, text))

    def _leaf(self, expression: str, offset: int, text: Text) -> Node:
        try:
            tree, negations = parse(expression)
            check_tree(tree, self.reach.roots, self.reach.functions, self.variables)
            refuse_numbers_in_brackets(tree)
        except ExpressionSyntaxError as error:
            add_hint(error, expression, self.reach.functions, self.variables)
            error.offset += offset
            raise
        self._warn((of_negation(start, expression) for start in negations), offset, text)
        self._warn(doubts(tree), offset, text)
        self.leaves.append(Leaf(expression, text.place))
        return {"type": "leaf", "value": len(self.leaves) - 1, "children": [tree]}

    def _warn(self, warnings: Iterable[ExpressionSyntaxError], offset: int, text: Text) -> None:
        for warning in warnings:
            warning.offset += offset
            self.reach.warn(_mistake(warning, text))

    def _note(self, error: ExpressionSyntaxError, text: Text) -> None:
        self.mistakes.append(_mistake(error, text))

    def compile(self, tree: Node, variables: Mapping[str, str] | None = None) -> Evaluate:
        """The function of the whole tree; raises the validation error of all mistakes found in it.

        variables: what `$names` mean that no `let` in the tree defines, as Python over `event`.
        """
        if self.mistakes:
            refuse(self.mistakes)
        try:
            return compile_tree(
                tree,
                roots=self.reach.roots,
                whole=_whole(self.reach.flow),
                functions=self.reach.functions,
                constants={"flow": self.reach.flow},
                failed=self._failed,
                variables=variables,
            )
        except ExpressionSyntaxError as error:  # Python compiles the whole: its parts alone were not too deep
            place = self.leaves[0].place if self.leaves else None
            refuse([Mistake("F401", error.found, error.expected, error.write, place)])

    def _failed(self, error: Exception, leaf: int) -> Exception:
        if isinstance(error, FlowError):
            return error
        is_told = isinstance(error, (EvaluationError, NotImplementedError))
        reason = str(error) if is_told else "an expression failed"
        found = reason if is_told else f"{reason} with {type(error).__name__}: {error}"
        where = str(self.leaves[leaf]) if self.leaves else "a literal value"
        return FlowError(EXPRESSION, reason, detailed_description=f"{found}, in {where}", cause=error)


def literal(value: Any) -> Node:
    return {"type": "literal", "value": value, "children": []}


def _constant(leaf: Node) -> Node:
    """The literal that a leaf consists of, where it is one: known now, it need not be computed."""
    tree: Node = leaf["children"][0]
    return tree if tree["type"] == "literal" else leaf


def _mistake(error: ExpressionSyntaxError, text: Text) -> Mistake:
    return Mistake("F401", error.found, error.expected, error.write, text.place, error.offset)


def _inside_expression(text: Text, start: int) -> ExpressionSyntaxError:
    """The first placeholder behind the start of an expression is one too many."""
    offset = next((piece.offset for piece in text.pieces if piece.is_filled and piece.offset >= start), start)
    return ExpressionSyntaxError(offset, "a placeholder '${…}' inside an expression", "the function p", "p('name')")


def _whole(flow: Mapping[str, Any] | None) -> Callable[[Event], dict[str, Any]]:
    def whole(event: Event) -> dict[str, Any]:
        """The event as `@` and `$` show it."""
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
"""What expressions reach of a processor that is made in Python, outside of any file."""
