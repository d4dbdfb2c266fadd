"""Parses the cases of `match` and `update`."""

from __future__ import annotations

from collections.abc import Callable

from engine.expressions.dataweave.syntax.operands import Operands
from engine.expressions.dataweave.syntax.scanner import NUMBERS, QUOTE, Token
from engine.expressions.dataweave.syntax.tree import (
    Anything,
    Case,
    Change,
    Node,
    OfArray,
    OfObject,
    OfRegex,
    OfType,
    OfValue,
    Pattern,
    Step,
    TypeNode,
)
from engine.expressions.dataweave.syntax.words import CONSTANTS


class Patterns(Operands):
    """What stands in the braces of `match` and `update`."""

    def cases(self) -> tuple[Case, ...]:
        """Parse `{ case … else … }`."""
        self.advance()
        cases = []
        while self.at("case", "else"):
            cases.append(self._case())
        if not cases:
            self.fail("'case' in a match", "case is String -> 1")
        self.expect("}", "or 'case' in a match")
        return tuple(cases)

    def _case(self) -> Case:
        token = self.advance()
        if token.text == "else":
            name = "" if self.at("->") else self.name("the value").text
            return Case(token.start, Anything(token.start, name), None, self._body())
        pattern = self._pattern()
        guard = self._guard()
        if isinstance(pattern, Anything) and guard is None:
            self.fail(
                f"'if' behind 'case {pattern.name}'", f"case {pattern.name} if (…) -> …, or else {pattern.name} -> …"
            )
        return Case(token.start, pattern, guard, self._body())

    def _guard(self) -> Node | None:
        return self.guarded() if self.take("if") else None

    def guarded(self) -> Node:
        raise NotImplementedError

    def _body(self) -> Node:
        self.expect("->", "before the value of a case", "case 1 -> 2")
        return self.expression()

    def _pattern(self) -> Pattern:
        """Parse a pattern, with the name for the value before it."""
        token = self.token
        name = ""
        if self.at_name() and not self._is_matches():
            name = self.advance().text
            if not self.take(":") and not self.at("is", "matches"):
                return Anything(token.start, name)
        return self._unnamed(name, token)

    def _is_matches(self) -> bool:
        """Return whether `matches` stands here as itself, and not as a name."""
        return self.at("matches") and self.text[self.token.end :].lstrip()[:1] == "/"

    def _unnamed(self, name: str, token: Token) -> Pattern:
        parse: dict[str, Callable[[str, Token], Pattern]] = {"[": self._array_pattern, "{": self._object_pattern}
        if self.token.text in parse:
            return parse[self.token.text](name, token)
        if self.take("is"):
            return OfType(token.start, name, self._type_of_case())
        if self.take("matches"):
            return OfRegex(token.start, name, self.operand())
        return OfValue(token.start, name, self._value())

    def _type_of_case(self) -> TypeNode:
        self.in_pattern = True
        try:
            return self.type()
        finally:
            self.in_pattern = False

    def _value(self) -> Node:
        """Parse the literal of a case."""
        token = self.token
        if token.kind == QUOTE:
            return self.string()
        if token.kind == NUMBERS or self.at("-"):
            return self.number()
        if self.at("|", "/"):
            return self.moment() if self.at("|") else self.regex()
        if token.text not in CONSTANTS:
            self.fail("a literal, 'is', 'matches', '[', '{' or a name behind 'case'", "case is String -> 1")
        return self.operand()

    def _array_pattern(self, name: str, token: Token) -> Pattern:
        self.advance()
        if self.take("]"):
            return OfArray(token.start, name, "", "")
        head = self.name("the first element").text
        self.expect("~", "between the first element and the others", "case [head ~ tail] -> head")
        tail = self.name("the other elements").text
        self.expect("]")
        return OfArray(token.start, name, head, tail)

    def _object_pattern(self, name: str, token: Token) -> Pattern:
        self.advance()
        if self.take("}"):
            return OfObject(token.start, name, "", "", "")
        key = self.name("the first key").text
        self.expect(":", "between the first key and its value", "case {key: value ~ tail} -> value")
        value = self.name("the first value").text
        self.expect("~", "before the other pairs", "case {key: value ~ tail} -> value")
        tail = self.name("the other pairs").text
        self.expect("}")
        return OfObject(token.start, name, key, value, tail)

    def changes(self) -> tuple[Change, ...]:
        """Parse `{ case … at … -> … }`."""
        self.advance()
        changes = []
        while self.at("case"):
            changes.append(self._change())
        if not changes:
            self.fail("'case' in an update", "case value at .name -> value + 1")
        self.expect("}", "or 'case' in an update")
        return tuple(changes)

    def _change(self) -> Change:
        start = self.advance().start
        names = self._names_of_change()
        path = []
        while self.at(".", "["):
            path.append(self._step())
        if not path:
            self.fail("a selector", "case value at .name -> value + 1")
        is_forced = self.take("!")
        return Change(start, names, tuple(path), is_forced, self._guard(), self._body())

    def _names_of_change(self) -> tuple[str, str]:
        """Parse `value at`, `(value, index) at`, or nothing, which stands for `$` and `$$`."""
        if self.at(".", "["):
            return "$", "$$"
        is_in_parentheses = self.take("(")
        value, index = self.name("the value").text, "$$"
        if self.take(","):
            index = self.name("its index").text
        if is_in_parentheses:
            self.expect(")")
        self.expect("at", "behind the name of the value", f"case {value} at .name -> {value}")
        return value, index

    def _step(self) -> Step:
        """Parse one selector of the path."""
        token = self.advance()
        if token.text == "[":
            step = Step(token.start, "[", self.expression())
            self.expect("]", "at the end of a selector")
            return step
        sign = next((sign for sign in ("*", "@") if self.at_once(sign)), "")
        self.move(self.position + len(sign))
        namespace, key = self.key("a field")
        return Step(token.start, "." + sign, key, namespace)
