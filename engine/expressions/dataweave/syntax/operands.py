"""Parses what stands between operators: literals, names, objects, arrays, functions, and the selectors behind them."""

from __future__ import annotations

from dataclasses import replace

from engine.expressions.dataweave.syntax.scanner import NUMBERS, QUOTE, WORDS, Token
from engine.expressions.dataweave.syntax.tree import (
    ArrayLiteral,
    Call,
    Field,
    If,
    Index,
    Item,
    Lambda,
    Literal,
    Name,
    Node,
    ObjectLiteral,
    Parameter,
    Presence,
    Select,
    Text,
    TypeNode,
)
from engine.expressions.dataweave.syntax.types import Types
from engine.expressions.dataweave.syntax.words import CONSTANTS, RESERVED
from engine.expressions.errors import ExpressionSyntaxError


class Operands(Types):
    """Operands and their selectors.

    in_guard: whether they belong to the condition of a case, outside of its brackets.
    """

    in_guard = False

    def operand(self) -> Node:
        """Parse an operand with its selectors, or a pair without braces."""
        token, is_in_parentheses = self.token, self.at("(")
        if token.kind == WORDS and self.text.startswith("#", token.end):
            return ObjectLiteral(token.start, (self._field_of_name(),))
        node = self.ended(self._primary())
        is_name = token.kind in (WORDS, QUOTE) and isinstance(node, (Name, Literal, Text))
        if not self._is_key() or not (is_name or is_in_parentheses):
            return self.selected(node)
        key = Literal(token.start, node.name) if is_name and isinstance(node, Name) else node
        return ObjectLiteral(token.start, (self._rest_of_field(token.start, key, ""),))

    def _primary(self) -> Node:
        token = self.token
        if token.kind == QUOTE:
            return self.string()
        if token.kind == NUMBERS:
            return self.number()
        parse = {"{": self._object, "[": self._array, "(": self._parentheses, "/": self.regex, "|": self.moment}
        if token.text in parse:
            return parse[token.text]()
        if token.kind == WORDS:
            return self._word_operand(token)
        if token.text == "@":
            self.annotation()
            return self.operand()
        self.fail("an expression")

    def annotation(self) -> str:
        raise NotImplementedError

    def _word_operand(self, token: Token) -> Node:
        if token.text in CONSTANTS:
            self.advance()
            return Literal(token.start, CONSTANTS[token.text])
        if token.text in ("if", "unless"):
            return self._if()
        if token.text in ("do", "using"):
            return self.do() if token.text == "do" else self.using()
        if token.text in RESERVED:
            self.fail("an expression")
        return self._name()

    def do(self) -> Node:
        raise NotImplementedError

    def using(self) -> Node:
        raise NotImplementedError

    def _name(self) -> Node:
        """Parse `name`, or `Module::name`."""
        token = self.advance()
        parts = [token.text]
        while self.at("::"):
            self.advance()
            parts.append(self.name("a function").text)
        name = Name(token.start, parts[-1], "::".join(parts[:-1]))
        return self._custom_text(name) if self.token.text == "`" else name

    def _custom_text(self, function: Name) -> Call:
        """Parse a text behind the function that puts it together; it gets the texts and the values between them."""
        start = self.token.start
        text = self.string()
        parts = list(text.parts) if isinstance(text, Text) else [str(text.value)]
        if not isinstance(parts[0], str):
            parts.insert(0, "")
        texts = tuple(Item(start, Literal(start, part)) for part in parts if isinstance(part, str))
        values = tuple(Item(part.offset, part) for part in parts if isinstance(part, Node))
        return Call(function.offset, function, (ArrayLiteral(start, texts), ArrayLiteral(start, values)))

    def _if(self) -> Node:
        """Parse `if (…) … else …`, and `unless`."""
        branches = [self._branch()]
        while self.at("if", "unless"):
            branches.append(self._branch())
        node = self.expression()
        for token, condition, then in reversed(branches):
            node = If(token.start, condition, *((then, node) if token.text == "if" else (node, then)))
        return node

    def _branch(self) -> tuple[Token, Node, Node]:
        """Parse `if (…) … else`. Return the first word, the condition and the value."""
        token = self.advance()
        self.expect("(", f"behind '{token.text}'", f"{token.text} (payload.ready) 1 else 2")
        condition = self.expression()
        self.expect(")", "behind the condition")
        then = self.expression()
        self.expect("else", f"and another value: '{token.text}' always has one", "else null")
        return token, condition, then

    def _array(self) -> ArrayLiteral:
        start, items = self.advance().start, []
        while not self.at("]"):
            items.append(self._item())
            if not self.take(","):
                break
        self.expect("]", "or ',' in an array")
        return ArrayLiteral(start, tuple(items))

    def _item(self) -> Item:
        """Parse an element; `(…) if …` is one that may be missing."""
        start, is_in_parentheses = self.token.start, self.at("(")
        value = self.expression()
        return Item(start, value, self.condition() if is_in_parentheses else None)

    def condition(self) -> Node | None:
        """Parse `if …` behind an element in parentheses."""
        if not self.at("if"):
            return None
        self.advance()
        return self.expression()

    def _parentheses(self) -> Node:
        """Parse `(…)`: an expression, or the parameters of a function."""
        if self._is_lambda():
            return self.function()
        self.advance()
        value = self.expression()
        self.expect(")", "at the end of an expression in parentheses")
        return value

    def _is_lambda(self) -> bool:
        """Return whether the parentheses that open here hold the parameters of a function."""
        if self.in_guard:
            return False
        here = self.position
        self.advance()
        try:
            return self._looks_like_parameters()
        finally:
            self.move(here)

    def _looks_like_parameters(self) -> bool:
        if self.take(")"):
            return self.at("->", ":")
        while self.at("@"):
            self.annotation()
        if not self.at_name():
            return False
        self.advance()
        if self.take(")"):
            return self.at("->") or (self.at(":") and self._returns())
        return self.at(",", "=") or (self.at(":") and self._typed())

    def _returns(self) -> bool:
        """Return whether a type and `->` follow."""
        try:
            self.expect(":")
            self.type()
        except ExpressionSyntaxError:
            return False
        return self.at("->")

    def _typed(self) -> bool:
        """Return whether the type of a parameter follows, and not the value of a pair."""
        try:
            self.expect(":")
            self.type()
        except ExpressionSyntaxError:
            return False
        return self.at(",", "=") or (self.take(")") and (self.at("->") or (self.at(":") and self._returns())))

    def function(self, name: str = "", type_names: tuple[str, ...] = ()) -> Lambda:
        """Parse parameters, and `->` (in the header `=`) with the body."""
        start = self.expect("(", "before the parameters").start
        parameters = []
        while not self.at(")"):
            parameters.append(self._parameter())
            if not self.take(","):
                break
        self.expect(")", "at the end of the parameters")
        returns = self._returned()
        if name:
            self.expect("=", "before the body of a function", f"fun {name}(value) = value")
        else:
            self.expect("->", "before the body of a function", "(value) -> value")
        return Lambda(start, tuple(parameters), self.expression(), returns, name, type_names)

    def _returned(self) -> TypeNode | None:
        """Parse the type that a function returns; `->` behind it belongs to the function."""
        outer, self.in_pattern = self.in_pattern, True
        try:
            return self.type_of()
        finally:
            self.in_pattern = outer

    def _parameter(self) -> Parameter:
        while self.at("@"):
            self.annotation()
        token = self.name("a parameter")
        of_type = self.type_of()
        return Parameter(token.start, token.text, of_type, self.expression() if self.take("=") else None)

    def _object(self) -> ObjectLiteral:
        start, fields = self.advance().start, []
        while not self.at("}"):
            fields.append(self._field_of_object())
            if not self.take(","):
                break
        self.expect("}", "or ',' in an object")
        return ObjectLiteral(start, tuple(fields))

    def _field_of_object(self) -> Field | Item:
        """Parse a pair, `(pair) if …`, or what is spread: `(…)`."""
        start = self.token.start
        if not self.at("("):
            return self._field_of_name()
        value = self._parentheses()
        if self._is_key():
            return self._rest_of_field(start, value, "")
        if not isinstance(value, ObjectLiteral) or self.text[value.offset] == "{":
            return Item(start, value, self.condition())
        (field,) = value.fields
        return replace(field, condition=self.condition())

    def _field_of_name(self) -> Field:
        token = self.token
        namespace, key = self.key("a field")
        if not self._is_key():
            self.fail("':' behind the name of a field", "name: value")
        return self._rest_of_field(token.start, key, namespace)

    def _is_key(self) -> bool:
        """Return whether what stands before is the key of a pair."""
        return self.at(":") or (self.at("@") and self.text.startswith("(", self.token.end))

    def key(self, what: str) -> tuple[str, Node]:
        """Parse `name`, `"name"` or `prefix#name`. Return the prefix and the name."""
        token = self.token
        if token.kind == QUOTE:
            return "", self.string()
        if token.kind == WORDS and self.text.startswith("#", token.end):
            prefix = self.advance().text
            self.advance()
            return prefix, self.key(what)[1]
        return "", Literal(token.start, self._key_name(what))

    def _key_name(self, what: str) -> str:
        """Take a name that may stand without quotes."""
        token = self.token
        if token.kind == NUMBERS or token.text in RESERVED or token.text.startswith(("_", "$")):
            found = f"'{token.text}' as the name of {what}"
            raise ExpressionSyntaxError(token.start, found, "it in quotes", f'"{token.text}"')
        if token.kind != WORDS:
            self.fail(f"the name of {what}")
        return self.advance().text

    def _rest_of_field(self, start: int, key: Node, namespace: str) -> Field:
        attributes = self._attributes_of_field() if self.at("@") else None
        self.expect(":", "behind the name of a field", "name: value")
        if self.at(",", "}"):
            self.fail("a value behind ':'", "name: null")
        return Field(start, key, self.expression(), namespace, attributes)

    def _attributes_of_field(self) -> ObjectLiteral:
        """Parse `@(name: value, …)`."""
        start, fields = self.advance().start, []
        self.expect("(")
        while not self.at(")"):
            fields.append(self._field_of_object())
            if not self.take(","):
                break
        self.expect(")", "or ',' in attributes")
        return ObjectLiteral(start, tuple(fields))

    def selected(self, node: Node) -> Node:
        """Parse the selectors and calls behind an operand."""
        while True:
            if self.at(".", ".."):
                node = self._selector(node)
            elif self.at("["):
                node = self._index(node)
            elif self.at("("):
                node = Call(node.offset, node, self._arguments_of_call())
            elif self.at("?", "!"):
                return self._presence(node)
            else:
                return node
            self.ended(node)

    def _presence(self, node: Node) -> Node:
        """Parse `?` and `!` behind a selector."""
        if isinstance(node, (Select, Index)):
            return self.ended(Presence(node.offset, node, self.advance().text == "!"))
        if self.at("?"):
            self.fail("a selector before it; a choice has words", "if (…) … else …")
        self.fail("a selector before it", "payload.name!")

    def _arguments_of_call(self) -> tuple[Node, ...]:
        self.advance()
        arguments = []
        while not self.at(")"):
            arguments.append(self.expression())
            if not self.take(","):
                break
        self.expect(")", "or ',' between the arguments of a call")
        return tuple(arguments)

    def _selector(self, node: Node) -> Node:
        """Parse `.name` and its kin."""
        token = self.advance()
        kind = token.text + self._selector_sign()
        if kind == ".#" or (kind in (".^", "..@", ".@", "..") and not self._key_follows()):
            return Select(node.offset, node, kind, None)
        if not self._key_follows():
            self.fail(f"a name right behind '{kind}'", f"payload{kind}name")
        namespace, key = self.key("a field")
        return Select(node.offset, node, kind, key, namespace)

    def _selector_sign(self) -> str:
        """Take the signs between the dot and the name."""
        for sign in ("*@", "@*", "*", "&", "@", "#", "^"):
            if self.at_once(sign):
                self.move(self.position + len(sign))
                return "*@" if sign == "@*" else sign
        return ""

    def _key_follows(self) -> bool:
        """Return whether a name or a text follows without white space."""
        token = self.token
        return token.start == self.position and token.kind in (WORDS, QUOTE, NUMBERS)

    def _index(self, node: Node) -> Node:
        """Parse `[…]` behind a value."""
        self.advance()
        kind = self.advance().text if self.at("?", "&", "*", "@", "^") else ""
        if kind in ("@", "^") and self.token.kind == WORDS:
            namespace, index = self.key("an attribute")
            found: Node = Select(node.offset, node, "." + kind, index, namespace)
        else:
            found = Index(node.offset, node, kind, self.expression())
        self.expect("]", "at the end of a selector")
        return found
