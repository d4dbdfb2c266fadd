"""The syntax tree of a script. Each node has the offset of its first character."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """The base class of everything that has a place in the script. end: the offset behind it, if it is known."""

    offset: int
    end: int = field(default=0, kw_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Node):
    """A number, a text without expressions in it, true, false or null."""

    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Text(Node):
    """A text with expressions in it. parts: texts and nodes."""

    parts: tuple[str | Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RegexLiteral(Node):
    """`/…/`."""

    pattern: str


@dataclass(frozen=True, slots=True, eq=False)
class Moment(Node):
    """A date, time, zone or period: `|…|`."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """A variable, function or `$`. module: as in `Strings::camelize`; empty if there is none."""

    name: str
    module: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Item(Node):
    """An element of an array, or of an object what `(…)` stands for; condition: of `(…) if …`."""

    value: Node
    condition: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ArrayLiteral(Node):
    """`[…]`."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Field(Node):
    """A pair of an object, or an attribute.

    key: its name, or the expression in `(…)`. namespace: the prefix; empty if there is none.
    attributes: None without `@(…)`.
    """

    key: Node
    value: Node
    namespace: str = ""
    attributes: ObjectLiteral | None = None
    condition: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ObjectLiteral(Node):
    """`{…}`, or a pair without braces. An Item in it is spread."""

    fields: tuple[Field | Item, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Parameter(Node):
    """A parameter of a function. type: None if it takes anything; default: None if it must be given."""

    name: str
    type: TypeNode | None = None
    default: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Lambda(Node):
    """`(…) -> …`, or a function of the header, which has a name."""

    parameters: tuple[Parameter, ...]
    body: Node
    returns: TypeNode | None = None
    name: str = ""
    type_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """A call. is_infix: whether it stands between its operands, as `map` does."""

    function: Node
    arguments: tuple[Node, ...]
    is_infix: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Node):
    """`not` (also written `!`) or `-`."""

    symbol: str
    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    """An operator between two operands: of LEVELS except `as` and `is`, or `++`, `--`, `default`."""

    symbol: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class If(Node):
    """`if (…) … else …`; of `unless` the branches have changed places."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True, eq=False)
class As(Node):
    """`… as Type {…}`. schema: the properties in braces."""

    operand: Node
    type: TypeNode


@dataclass(frozen=True, slots=True, eq=False)
class Is(Node):
    """`… is Type`."""

    operand: Node
    type: TypeNode


@dataclass(frozen=True, slots=True, eq=False)
class Select(Node):
    """A selector by name.

    kind: what stands before the name: `.` `.*` `.&` `.@` `.*@` `..` `..*` `..&` `..@` `.#` `.^`.
    key: the name; None if there is none, as in `x..` and `x.@`.
    """

    operand: Node
    kind: str
    key: Node | None
    namespace: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Index(Node):
    """`x[…]`. kind: empty, or what stands in front: `?` `&` `*` `@` `^`."""

    operand: Node
    kind: str
    index: Node


@dataclass(frozen=True, slots=True, eq=False)
class Presence(Node):
    """`x.y?` or, if is_asserted, `x.y!`."""

    operand: Select | Index
    is_asserted: bool


@dataclass(frozen=True, slots=True, eq=False)
class Pattern(Node):
    """What a case of `match` asks for.

    name: of the whole value; empty if it has none.
    """

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Anything(Pattern):
    """`case x if …`, and `else`."""


@dataclass(frozen=True, slots=True, eq=False)
class OfValue(Pattern):
    """`case 1`."""

    value: Node


@dataclass(frozen=True, slots=True, eq=False)
class OfType(Pattern):
    """`case is String`."""

    type: TypeNode


@dataclass(frozen=True, slots=True, eq=False)
class OfRegex(Pattern):
    """`case matches /…/`."""

    regex: Node


@dataclass(frozen=True, slots=True, eq=False)
class OfArray(Pattern):
    """`case []`, `case [head ~ tail]`: head and tail are empty for `[]`."""

    head: str
    tail: str


@dataclass(frozen=True, slots=True, eq=False)
class OfObject(Pattern):
    """`case {}`, `case {key: value ~ tail}`: all three are empty for `{}`."""

    key: str
    value: str
    tail: str


@dataclass(frozen=True, slots=True, eq=False)
class Case(Node):
    """A case of `match`; guard: the condition behind `if`."""

    pattern: Pattern
    guard: Node | None
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Match(Node):
    """`… match { case … }`."""

    operand: Node
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Change(Node):
    """A case of `update`. path: selectors from the value on. names: of the value and its index."""

    names: tuple[str, str]
    path: tuple[Step, ...]
    is_forced: bool
    guard: Node | None
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Step(Node):
    """A selector of `update`. kind: `.`, `.*`, `.@` or `[`."""

    kind: str
    key: Node
    namespace: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Update(Node):
    """`… update { case … }`."""

    operand: Node
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Do(Node):
    """`do { … --- … }`, and `using (…) …`."""

    directives: tuple[Directive, ...]
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class TypeNode(Node):
    """The base class of types as written. schema: the properties in braces behind it."""


@dataclass(frozen=True, slots=True, eq=False)
class TypeName(TypeNode):
    """`String`, `Array<Number>`, `Types::Id`."""

    name: str
    arguments: tuple[TypeNode, ...] = ()
    module: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class WithSchema(TypeNode):
    """`Number {format: "0.00"}`. schema: fields, whose keys are names."""

    type: TypeNode
    schema: tuple[Field, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LiteralType(TypeNode):
    """A type of one value: `"x"`, `5`, `true`."""

    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class UnionType(TypeNode):
    """`A | B`, and of `A & B` if is_intersection."""

    types: tuple[TypeNode, ...]
    is_intersection: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FieldType(Node):
    """A field of an object's type, or a parameter of a function's. key: None if any name will do."""

    key: str | None
    type: TypeNode
    is_optional: bool = False
    is_repeated: bool = False
    attributes: tuple[FieldType, ...] = ()
    namespace: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ObjectType(TypeNode):
    """`{a: Number}`; is_closed: `{| … |}`; is_ordered: `{- … -}`."""

    fields: tuple[FieldType, ...]
    is_closed: bool = False
    is_ordered: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FunctionType(TypeNode):
    """`(A, b: B) -> C`. A parameter without a name has no key."""

    parameters: tuple[FieldType, ...]
    returns: TypeNode


@dataclass(frozen=True, slots=True, eq=False)
class FieldOfType(TypeNode):
    """`Order.id`: the type of a field of an object's type."""

    type: TypeNode
    key: str


@dataclass(frozen=True, slots=True, eq=False)
class Directive(Node):
    """The base class of what stands in a header."""


@dataclass(frozen=True, slots=True, eq=False)
class Property(Node):
    """A property of a reader or writer: `indent=false`."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Format(Directive):
    """`output application/json indent=false`, and `input payload …`, which has a name.

    media_type: as written; an id of a format, such as `json`, too. writer: what stands behind `with`.
    """

    media_type: str
    properties: tuple[Property, ...] = ()
    name: str = ""
    writer: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Prefix(Directive):
    """`ns prefix uri`."""

    prefix: str
    uri: str


@dataclass(frozen=True, slots=True, eq=False)
class Variable(Directive):
    """`var name: Type = value`."""

    name: str
    value: Node
    type: TypeNode | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Function(Directive):
    """`fun name(…) = …`. is_tail_recursive: whether it has the annotation TailRec."""

    function: Lambda


@dataclass(frozen=True, slots=True, eq=False)
class TypeAlias(Directive):
    """`type Name<T> = …`."""

    name: str
    type: TypeNode
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Imported(Node):
    """A name behind `import`; alias: the name that it has here."""

    name: str
    alias: str


@dataclass(frozen=True, slots=True, eq=False)
class Import(Directive):
    """`import … from module`. names: None of a whole module; is_everything: `import *`.

    alias: the name of a whole module here, the last part of its own by default.
    """

    module: str
    names: tuple[Imported, ...]
    is_everything: bool = False
    alias: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Script(Node):
    """A whole script. body: None of a module (a file of functions without `---`)."""

    directives: tuple[Directive, ...]
    body: Node | None
    text: str

    @property
    def output(self) -> Format | None:
        """The directive `output`."""
        return next((each for each in self.directives if isinstance(each, Format) and not each.name), None)

    @property
    def inputs(self) -> dict[str, Format]:
        """The directives `input`, by name."""
        return {each.name: each for each in self.directives if isinstance(each, Format) and each.name}
