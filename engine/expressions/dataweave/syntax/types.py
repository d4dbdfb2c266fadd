"""Parses types as they are written."""

from __future__ import annotations

from engine.expressions.dataweave.syntax.literals import Literals
from engine.expressions.dataweave.syntax.scanner import NUMBERS, QUOTE, WORDS
from engine.expressions.dataweave.syntax.tree import (
    Field,
    FieldOfType,
    FieldType,
    FunctionType,
    Literal,
    LiteralType,
    ObjectType,
    TypeName,
    TypeNode,
    UnionType,
    WithSchema,
)
from engine.expressions.dataweave.syntax.words import CONSTANTS
from engine.expressions.digits import is_digits


class Types(Literals):
    """Types: names, unions, objects and functions."""

    def type(self) -> TypeNode:
        """Parse `A | B`."""
        start = self.token.start
        types = [self._intersection()]
        while self.at("|") and not self._closes("|"):
            self.advance()
            types.append(self._intersection())
        return types[0] if len(types) == 1 else UnionType(start, tuple(types))

    def _closes(self, sign: str) -> bool:
        """Return whether `|}` or `-}` stands here."""
        return self.text.startswith(sign + "}", self.token.start)

    def _intersection(self) -> TypeNode:
        start = self.token.start
        types = [self._with_schema()]
        while self.take("&"):
            types.append(self._with_schema())
        return types[0] if len(types) == 1 else UnionType(start, tuple(types), is_intersection=True)

    def _with_schema(self) -> TypeNode:
        start = self.token.start
        found = self._one_type()
        if not self.at("{") or isinstance(found, LiteralType):
            return found
        return WithSchema(start, found, self.schema())

    def schema(self) -> tuple[Field, ...]:
        """Parse the properties of a type: `{format: "0.00"}`."""
        self.expect("{")
        fields = []
        while not self.at("}"):
            fields.append(self._schema_property())
            if not self.take(","):
                break
        self.expect("}", "at the end of a type's properties")
        return tuple(fields)

    def _schema_property(self) -> Field:
        token = self.token
        key = self.string() if token.kind == QUOTE else Literal(token.start, self._word("a property"))
        self.expect(":", "behind the name of a property", 'format: "yyyy-MM-dd"')
        return Field(token.start, key, self.expression())

    def _word(self, what: str) -> str:
        if self.token.kind != WORDS:
            self.fail(f"the name of {what}")
        return self.advance().text

    def _one_type(self) -> TypeNode:
        token = self.token
        if token.kind == QUOTE:
            return LiteralType(token.start, self._text_of_type())
        if token.kind == NUMBERS or (token.text == "-" and is_digits(self.text[token.end : token.end + 1])):
            return LiteralType(token.start, self.number().value)
        if self.at("{"):
            return self._type_of_object()
        if self.at("("):
            return self._in_parentheses()
        return self._named_type()

    def _text_of_type(self) -> str:
        text = self.string()
        if not isinstance(text, Literal):
            self.fail("a text without expressions in a type")
        return str(text.value)

    def _named_type(self) -> TypeNode:
        start, name = self.token.start, self._word("a type")
        if name in CONSTANTS and name != "null":
            return LiteralType(start, CONSTANTS[name])
        module, name = self._qualified(name)
        found: TypeNode = TypeName(start, name, self._arguments_of_type(), module)
        while self.at(".") and self.text[self.token.end : self.token.end + 1].isalpha():
            self.advance()
            found = FieldOfType(start, found, self._word("a field"))
            if self.take("#"):
                found = FieldOfType(start, found.type, self._word("a field"))
        return found

    def _qualified(self, name: str) -> tuple[str, str]:
        parts = [name]
        while self.take("::"):
            parts.append(self._word("a type"))
        return "::".join(parts[:-1]), parts[-1]

    def _arguments_of_type(self) -> tuple[TypeNode, ...]:
        """Parse `<A, B>` behind the name of a type."""
        if not self.take("<"):
            return ()
        types = [self.type()]
        while self.take(","):
            types.append(self.type())
        self.angle()
        return tuple(types)

    def angle(self) -> None:
        """Take one `>`, also of the two in `Array<Array<Number>>`."""
        if not self.at(">", ">>", ">="):
            self.fail("'>' behind the types in '<…>'")
        self.move(self.token.start + 1)

    def _in_parentheses(self) -> TypeNode:
        """Parse `(A | B)`, or the parameters of a function's type."""
        start, parameters = self.advance().start, []
        while not self.at(")"):
            parameters.append(self._parameter_of_type())
            if not self.take(","):
                break
        self.expect(")", "at the end of a type")
        if len(parameters) == 1 and parameters[0].key is None and not self._is_function():
            return parameters[0].type
        self.expect("->", "behind the parameters of a function's type", "(Number) -> String")
        return FunctionType(start, tuple(parameters), self.type())

    def _is_function(self) -> bool:
        """Return whether `->` makes a function of the types before it. In a case of `match` it ends the pattern."""
        return self.at("->") and not self.in_pattern

    in_pattern = False

    def _parameter_of_type(self) -> FieldType:
        """Parse `A`, `name: A` or `name?: A`."""
        here, token = self.position, self.token
        if token.kind == WORDS:
            self.advance()
            is_optional = self.take("?")
            if self.take(":"):
                return FieldType(token.start, token.text, self.type(), is_optional)
        self.move(here)
        return FieldType(token.start, None, self.type())

    def _type_of_object(self) -> TypeNode:
        """Parse `{…}`, `{| … |}` or `{- … -}`."""
        start = self.advance().start
        around = ""
        if self.position == start + 1 and self.at("|", "-"):
            around = self.advance().text
        fields = []
        while not self.at("}") and not (around and self._closes(around)):
            fields.append(self._type_of_field())
            if not self.take(","):
                break
        if around:
            self.expect(around, "at the end of the type of an object")
        self.expect("}", "at the end of the type of an object")
        return ObjectType(start, tuple(fields), around == "|", around == "-")

    def _type_of_field(self) -> FieldType:
        token = self.token
        namespace, key = self._key_of_type()
        attributes = self._types_of_attributes()
        is_repeated = self.take("*")
        is_optional = self.take("?")
        self.expect(":", "behind the name of a field", "name: String")
        return FieldType(token.start, key, self.type(), is_optional, is_repeated, attributes, namespace)

    def _key_of_type(self) -> tuple[str, str | None]:
        """Parse the name of a field; None for `_` and `(Type)`, which stand for any."""
        if self.token.kind == QUOTE:
            return "", self._text_of_type()
        if self.take("("):
            self.type()
            self.expect(")")
            return "", None
        namespace, name = "", self._word("a field")
        if self.at("#") and self.position == self.token.start:
            self.advance()
            namespace, name = name, self._word("a field")
        return namespace, None if name == "_" else name

    def _types_of_attributes(self) -> tuple[FieldType, ...]:
        if not self.take("@"):
            return ()
        self.expect("(")
        fields = []
        while not self.at(")"):
            fields.append(self._type_of_field())
            if not self.take(","):
                break
        self.expect(")", "at the end of the attributes")
        return tuple(fields)

    def type_of(self) -> TypeNode | None:
        """Parse the type behind `:`, if there is one."""
        return self.type() if self.take(":") else None
