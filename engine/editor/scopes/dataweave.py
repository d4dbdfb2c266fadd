"""Reads a DataWeave script that is being written, and knows the shapes of its values."""

from __future__ import annotations

from engine.editor.scopes.shape import UNKNOWN, Shape, of_example
from engine.editor.scopes.standing import Call, Frame, Standing, cut
from engine.editor.scopes.tokens import DATAWEAVE_WORDS, Token, tokens

LANGUAGE = "dataweave"
KEEPS = frozenset({"filter", "orderBy", "distinctBy", "reverse", "default", "filterObject", "takeWhile", "dropWhile"})
"""Functions whose result is of the shape of their first argument."""
OF_ENTRIES = frozenset({"mapObject", "filterObject", "pluck"})
"""Functions that call another one for each entry of a map."""
ENDS_BINDING = frozenset({"var", "fun", "type", "output", "input", "import", "ns"})
CLOSING = frozenset(")]}")
INTERPOLATION = "$("
MOST_FRAMES = 200


def standing(text: str, roots: Shape) -> Standing:
    """Return what stands at the end of a script. roots: the event, as a map."""
    rest, word = cut(text)
    reader = _Reader(roots)
    last = None
    for last in tokens(rest, LANGUAGE):
        reader.take(last)
    frame = reader.frame
    if last is not None and (last.is_open or last.kind == "comment"):
        inner = _interpolated(last)
        if inner is None:
            return Standing("", is_text=True, call=reader.call)
        own = Shape.of_entries({**roots.members(), **reader.variables})
        return standing(f"{inner}{word}", own)
    of = (frame.value or UNKNOWN) if frame.after_dot else None
    is_operand = frame.value is None and not frame.after_dot
    return Standing(word, of, roots, reader.variables, reader.call, False, is_operand, False, frame.result)


def _interpolated(token: Token) -> str | None:
    """Return what is written by now in the `$(…)` at the end of a text; None if there is none that is open."""
    start = token.text.rfind(INTERPOLATION) if token.kind == "text" else -1
    inner = token.text[start + len(INTERPOLATION) :]
    return inner if start >= 0 and inner.count("(") >= inner.count(")") else None


def value_of(text: str, roots: Shape) -> Shape:
    """Return the shape of the value of a whole script."""
    reader = _Reader(roots)
    for token in tokens(text, LANGUAGE):
        reader.take(token)
    while len(reader.frames) > 1:
        reader.close()
    return reader.finished()


class _Reader:
    def __init__(self, roots: Shape) -> None:
        self.frames = [Frame("", roots, roots)]
        self.variables: dict[str, Shape] = {}
        self._infix: list[tuple[str, Shape]] = [("", UNKNOWN)]
        """For each frame the function that stands between two operands, and the first of these."""

        self._names: list[str] = []
        """The names in the bracket that was closed last: they may be the parameters of a function."""

        self._before = Token("", "", 0)
        self._declaring = self._binding = ""

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    @property
    def call(self) -> Call | None:
        """The innermost call that is open."""
        found = next((each for each in reversed(self.frames) if each.kind == "call"), None)
        return Call(found.name, len(found.arguments)) if found else None

    def take(self, token: Token) -> None:
        if token.kind == "comment":
            return
        if token.kind == "name":
            self._name(token.text)
        elif token.kind == "variable":
            self._operand(self.variables.get(token.text, UNKNOWN))
        elif token.kind in ("text", "number", "date"):
            self._text(token)
        else:
            self._sign(token.text)
        self._before = token

    def _text(self, token: Token) -> None:
        if self.frame.after_dot and token.kind == "text":
            self._member(token.text[1:-1])
        else:
            self._operand(
                Shape.of(of_example(token.text[1:-1])) if token.kind == "text" else Shape.of({"type": "number"})
            )

    def _operand(self, shape: Shape) -> None:
        self.frame.begin()
        self.frame.value = shape

    def _member(self, name: str) -> None:
        frame = self.frame
        of = frame.value or UNKNOWN
        found = of.member(name)
        items = UNKNOWN if found else of.items().member(name)
        frame.value, frame.after_dot = Shape.of_items(items) if items else found, False

    def _name(self, name: str) -> None:
        frame = self.frame
        if frame.after_dot:
            self._member(name)
        elif name in ENDS_BINDING:
            self._bind()
            self._declaring = name if name == "var" else ""
            frame.begin()
        elif self._declaring:
            self._binding, self._declaring = name, ""
        elif name in DATAWEAVE_WORDS and name != "default":
            frame.begin()
        elif frame.value is None:
            frame.entries[name] = UNKNOWN  # may be a parameter, or a key
            frame.value = self.variables.get(name) or frame.here.member(name)
        else:
            self._infix[-1] = (name, self.finished())
            self.variables |= self._implied(*self._infix[-1])
            frame.begin()

    def _implied(self, name: str, left: Shape) -> dict[str, Shape]:
        """Return the names `$` and `$$` in a function without parameters."""
        return {"$": left.values() if name in OF_ENTRIES else left.items(), "$$": UNKNOWN}

    def finished(self) -> Shape:
        """Return the value of what is written so far, with the function between two operands called."""
        name, left = self._infix[-1]
        result = self.frame.result
        self._infix[-1] = ("", UNKNOWN)
        return _called(name, left, result) if name else result

    def _bind(self) -> None:
        if self._binding:
            self.variables[self._binding] = self.finished()
            self._binding = ""

    def _sign(self, sign: str) -> None:
        if sign in ("(", "[", "[?", "{"):
            if len(self.frames) < MOST_FRAMES:
                self._open(sign)
        elif sign in CLOSING:
            self.close()
        elif sign in (".", ".*", ".@", ".."):
            self.frame.after_dot = True
        elif sign == ",":
            self._comma()
        elif sign == "->":
            self._parameters()
        elif sign == "---":
            self._bind()
            self.frame.begin()
        elif sign == ":":
            self.frame.key = self._before.text.strip("\"'")
            self.frame.begin()
        else:
            self.frame.begin()

    def _open(self, sign: str) -> None:
        frame = self.frame
        kind = "group"
        if sign == "(" and self._before.kind == "name" and frame.value is not None:
            kind = "call"
        elif sign == "[?":
            kind = "filter"
            self.variables |= self._implied("filter", frame.value or UNKNOWN)
        elif sign == "[":
            kind = "index" if frame.value is not None else "list"
        elif sign == "{":
            kind = "braces"
        self.frames.append(Frame(kind, frame.here, frame.value or UNKNOWN, name=self._before.text))
        self._infix.append(("", UNKNOWN))

    def _comma(self) -> None:
        frame, value = self.frame, self.finished()
        if frame.kind == "braces" and frame.key:
            frame.entries[frame.key] = value
        elif frame.kind in ("call", "list"):
            frame.arguments.append(value)
            if len(frame.arguments) == 1 and frame.kind == "call":
                self.variables |= self._implied(frame.name, value)
        frame.key = ""
        frame.begin()

    def _parameters(self) -> None:
        """Give the parameters of a function their shapes: it is called by what stands before it."""
        frame = self.frame
        name, left = self._infix[-1]
        outer, before = (self.frames[-2], self._infix[-2]) if len(self.frames) > 1 else (frame, ("", UNKNOWN))
        if frame.kind == "call" and frame.arguments:
            name, left = frame.name, frame.arguments[0]
        elif not name and before[0]:
            name, left = before
        elif not name and outer.kind == "call" and outer.arguments:
            name, left = outer.name, outer.arguments[0]
        first = left.values() if name in OF_ENTRIES else left.items()
        names = self._names or [self._before.text]
        self.variables |= {each: first if number == 0 else UNKNOWN for number, each in enumerate(names)}
        frame.begin()

    def close(self) -> None:
        """Close the innermost bracket, whichever it is."""
        if len(self.frames) == 1:
            return
        value = self.finished()
        inner = self.frames.pop()
        self._infix.pop()
        self._names = list(inner.entries)
        outer = self.frame
        outer.after_dot = False
        if inner.kind == "filter":
            outer.value = inner.outer
        elif inner.kind == "index":
            outer.value = inner.outer.items()
        elif inner.kind == "call":
            self._operand(_called(inner.name, inner.arguments[0] if inner.arguments else value, value))
        elif inner.kind == "braces" and inner.key:
            outer.value = Shape.of_entries(
                {**{key: each for key, each in inner.entries.items() if each}, inner.key: value}
            )
        else:
            outer.value = Shape.of_items(value) if inner.kind == "list" else value


def _called(name: str, first: Shape, last: Shape) -> Shape:
    """Return the result of a function. last: what its last argument, a function, returns."""
    if name == "map":
        return Shape.of_items(last)
    return first if name in KEEPS else UNKNOWN
