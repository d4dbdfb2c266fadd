"""Reads a JMESPath expression that is being written, and knows the shapes of its values."""

from __future__ import annotations

import json
from collections.abc import Mapping

from engine.editor.scopes.shape import UNKNOWN, Shape, of_example
from engine.editor.scopes.standing import Call, Frame, Standing, cut
from engine.editor.scopes.tokens import Token, tokens
from engine.expressions.functions.function import Function

LANGUAGE = "jmespath"
KEEPS = frozenset(["sort", "sort_by", "reverse", "slice", "unique", "distinct_by", "filter_keys", "to_array"])
"""Functions whose result is of the shape of their first argument."""
ITEM = frozenset(["first", "last", "max_by", "min_by", "max", "min"])
"""Functions whose result is an item of their first argument."""
MOST_FRAMES = 200
CLOSING = {")": "(", "]": "[", "}": "{"}


def standing(text: str, roots: Shape, variables: Mapping[str, Shape], functions: Mapping[str, Function]) -> Standing:
    """Return what stands at the end of an expression. roots: the event, as a map. variables: by `$name`."""
    rest, word = cut(text)
    reader = _Reader(roots, variables, functions)
    last = None
    for last in tokens(rest, LANGUAGE):
        reader.take(last)
    frame = reader.frames[-1]
    is_text = last is not None and last.is_open
    if is_text:
        return Standing("", is_text=True, call=reader.call)
    of = (frame.value or UNKNOWN) if frame.after_dot else None
    is_inner = frame.here is not roots
    is_operand = frame.value is None and not frame.after_dot
    return Standing(word, of, frame.here, reader.variables, reader.call, False, is_operand, is_inner, frame.result)


def value_of(text: str, roots: Shape, variables: Mapping[str, Shape], functions: Mapping[str, Function]) -> Shape:
    """Return the shape of the value of a whole expression."""
    reader = _Reader(roots, variables, functions)
    for token in tokens(text, LANGUAGE):
        reader.take(token)
    while len(reader.frames) > 1:
        reader.close("]")
    return reader.frames[0].result


class _Reader:
    def __init__(self, roots: Shape, variables: Mapping[str, Shape], functions: Mapping[str, Function]) -> None:
        self.frames = [Frame("", roots, roots)]
        self.variables = dict(variables)
        self._roots = roots
        self._functions = functions
        self._binding = ""
        self._lets = 0
        self._before = Token("", "", 0)

    @property
    def call(self) -> Call | None:
        """The innermost call that is open."""
        found = next((each for each in reversed(self.frames) if each.kind == "call"), None)
        return Call(found.name, len(found.arguments)) if found else None

    def take(self, token: Token) -> None:
        frame = self.frames[-1]
        if token.kind in ("name", "quoted"):
            self._name(frame, token)
        elif token.kind == "variable":
            self._variable(frame, token.text)
        elif token.kind in ("text", "literal", "number"):
            frame.value, frame.after_dot, frame.is_several = _literal(token), False, False
        else:
            self._sign(frame, token.text)
        self._before = token

    def _name(self, frame: Frame, token: Token) -> None:
        name = token.text.strip('"')
        if frame.is_key_next:
            frame.key = name
        elif frame.after_dot:
            frame.value, frame.after_dot = (frame.value or UNKNOWN).member(name), False
        elif name == "let" and frame.value is None:
            self._lets += 1
        elif name == "in" and self._lets and frame.value is not None:
            self._bind(frame)
            self._lets -= 1
            frame.begin()
        else:
            frame.begin()
            frame.value = frame.here.member(name)

    def _variable(self, frame: Frame, text: str) -> None:
        frame.begin()
        name = text.removeprefix("$")
        frame.value = (self.variables.get(name) or self._roots.member(name)) if name else self._roots

    def _bind(self, frame: Frame) -> None:
        if self._binding:
            self.variables[self._binding] = frame.result
            self._binding = ""

    def _sign(self, frame: Frame, sign: str) -> None:
        if sign in ("(", "[", "[?", "{"):
            if len(self.frames) < MOST_FRAMES:
                self._open(frame, sign)
        elif sign in CLOSING:
            self.close(sign)
        elif sign == "[]":
            self._each(frame, (frame.here if frame.value is None else frame.value).items())
        elif sign == ".":
            frame.after_dot = True
        elif sign == "*":
            self._star(frame)
        elif sign == ",":
            self._comma(frame)
        elif sign == ":" and frame.is_key_next:
            frame.is_key_next = False
            frame.begin()
        else:
            self._operator(frame, sign)

    def _operator(self, frame: Frame, sign: str) -> None:
        if sign == "=" and self._before.kind == "variable" and self._lets:
            self._binding = self._before.text.removeprefix("$")
        elif sign == "|":
            frame.here, frame.is_computed = frame.result, False
        elif sign == "&" and frame.kind == "call":
            frame.here = frame.arguments[0].items() if frame.arguments else UNKNOWN
        elif sign == "@":
            frame.begin()
            frame.value = frame.here
            return
        else:
            frame.is_computed = True
        frame.begin()

    def _star(self, frame: Frame) -> None:
        if frame.after_dot:
            self._each(frame, (frame.value or UNKNOWN).values())
        elif frame.kind != "index" and frame.value is None:
            self._each(frame, frame.here.values())
        elif frame.kind == "index":
            frame.is_several = True
        else:
            frame.begin()

    def _each(self, frame: Frame, item: Shape) -> None:
        frame.value, frame.after_dot, frame.is_several = item, False, True

    def _open(self, frame: Frame, sign: str) -> None:
        base = frame.here if frame.value is None else frame.value
        if sign == "(":
            is_call = self._before.kind == "name" and frame.value is not None
            self.frames.append(Frame("call" if is_call else "group", frame.here, frame.here, name=self._before.text))
        elif sign == "[?":
            self.frames.append(Frame("filter", base.items(), base))
        elif sign == "{":
            here = base if frame.after_dot else frame.here
            self.frames.append(Frame("braces", here, here, is_key_next=True))
        elif frame.value is not None and not frame.after_dot:
            self.frames.append(Frame("index", frame.here, base))
        else:
            here = base if frame.after_dot else frame.here
            self.frames.append(Frame("list", here, here))

    def _comma(self, frame: Frame) -> None:
        if frame.kind == "braces":
            frame.entries[frame.key] = frame.result
            frame.is_key_next = True
        elif frame.kind in ("call", "list"):
            frame.arguments.append(frame.result)
        self._bind(frame)
        frame.here = frame.here if frame.kind == "filter" else frame.outer
        frame.is_computed = False
        frame.begin()

    def close(self, sign: str) -> None:
        """Close the innermost bracket, whichever it is."""
        if len(self.frames) == 1:
            return
        inner, outer = self.frames.pop(), self.frames[-1]
        outer.after_dot = False
        if inner.kind in ("filter", "index"):
            is_each = inner.kind == "filter" or inner.is_several or inner.value is None
            outer.value, outer.is_several = inner.outer.items(), outer.is_several or is_each
        elif inner.kind == "call":
            outer.begin()
            outer.value = self._called(inner)
        elif inner.kind == "braces":
            entries = {**inner.entries, inner.key: inner.result} if inner.key else inner.entries
            outer.value = Shape.of_entries(entries)
        elif inner.kind == "list" and self._before.kind == "number" and not inner.arguments:
            outer.value = inner.outer.items()  # of what stands before a pipe: `… | [0]`
        else:
            outer.value = Shape.of_items(inner.result) if inner.kind == "list" else inner.result

    def _called(self, call: Frame) -> Shape:
        first = call.arguments[0] if call.arguments else call.result
        if call.name in KEEPS:
            return first
        if call.name == "append":
            return Shape.of_items(first.items() | call.result)
        if call.name in ITEM:
            return first.items()
        if call.name == "map" and len(call.arguments) == 1:
            return Shape.of_items(UNKNOWN)
        function = self._functions.get(call.name)
        try:
            return Shape.of(function.shape_of([{} for _ in function.parameters])) if function else UNKNOWN
        except (TypeError, ValueError):  # a shape that wants other arguments
            return UNKNOWN


def _literal(token: Token) -> Shape:
    if token.kind == "text":
        return Shape.of(of_example(token.text.strip("'")))
    try:
        return Shape.of(of_example(json.loads(token.text.strip("`"))))
    except (ValueError, RecursionError):
        return UNKNOWN
