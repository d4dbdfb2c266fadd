"""From the tree of a script to JMESPath, as far as both mean the same for every event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from engine.expressions.dataweave.translation import Literal, Name, Node, Script, Select, nodes, tree
from engine.mule.jmespath import functions, printing
from engine.mule.jmespath.known import Known
from engine.mule.jmespath.printing import AND, CHOICE, COMPARED, LOOSEST, OR, PART, PRODUCT, SIGN, SUM, Part
from engine.mule.jmespath.shapes import (
    A_MAP,
    ANYTHING,
    ARRAY,
    BOOLEAN,
    COUNT,
    IS_NULL,
    NULL,
    NUMBER,
    OBJECT,
    SCALARS,
    STRING,
    TEXT,
    TRUTH,
    WHOLE,
    Shape,
    joined,
    list_of,
    map_of,
)

LARGEST = 2**53
"""Whole numbers from here on are not the same as decimals and as floats."""
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
ARITHMETIC = {"+": SUM, "-": SUM, "*": PRODUCT}
LOGIC = {"and": ("&&", AND), "or": ("||", OR)}
OUTPUTS = ("application/json", "application/java", "json", "java")
FULL = {"json": "application/json", "java": "application/java"}
CORE = ("", "Core", "Mule")
ITEM, INDEX = "$", "$$"
SECURE = "secure::"


class Kept(Exception):
    """A script that stays DataWeave. As text: why."""


class Translated(NamedTuple):
    """An expression that means the same. media_type: the one that the script gives its value, if it gives one."""

    text: str
    shape: Shape
    media_type: str = ""


def translated(script: Script, known: Known) -> Translated:
    """Return a script in JMESPath. known: what is certain of the event. Raise Kept."""
    media_type = output_of(script)
    part = Translator(known).script(script)
    _check_output(media_type, part.shape)
    return Translated(part.text, part.shape, media_type)


def shape_of(script: Script, known: Known) -> Shape:
    """Return what is certain of the value of a script, whether it can be translated or not."""
    try:
        media_type = output_of(script)
    except Kept:  # a text of some format, which may be read again
        return ANYTHING
    found = Guesser(known).script(script).shape
    return found.in_json if media_type == "application/json" else found


def output_of(script: Script) -> str:
    """Return the media type that a script gives its value; empty if it gives none. Raise Kept for one to be written."""
    if script.inputs:
        raise Kept("a directive input")
    output = script.output
    if output is None:
        return ""
    if output.media_type not in OUTPUTS or output.properties or output.writer:
        raise Kept(f"output {output.media_type}{' with properties' if output.properties else ''}")
    return FULL.get(output.media_type, output.media_type)


def _check_output(media_type: str, found: Shape) -> None:
    """Refuse a value that JSON would change, such as a date, which becomes a text."""
    if media_type == "application/json" and not (found.is_json and STRING not in found.kinds):
        raise Kept("output application/json of values that may be dates, decimals or texts")


class Translator:
    """Translates the nodes of one script.

    item: the shape of the current node, within a loop; None where that is the event. names: what `let`s define.
    """

    def __init__(self, known: Known) -> None:
        self.known = known
        self.item: Shape | None = None
        self.item_names: tuple[str, ...] = ()
        self.names: dict[str, Part] = {}

    def script(self, script: Script) -> Part:
        if script.body is None:
            raise Kept("a file of functions")
        return self.within([each for each in script.directives if not isinstance(each, tree.Format)], script.body)

    def within(self, directives: list[Any], body: Node) -> Part:
        """Return the body behind the names that a header, or `do`, defines."""
        lets = []
        for each in directives:
            value = self.value_of(each)
            lets.append((each.name, value))
            self.names[each.name] = Part(f"${_variable(each.name)}", PART, value.shape)
        part = self.part(body)
        for name, value in reversed(lets):
            part = Part(f"let ${name} = {value.at(CHOICE)} in {part.text}", LOOSEST, part.shape)
        return part

    def value_of(self, directive: Node) -> Part:
        """Return the value of a variable of a header. Raise Kept for other directives."""
        if not isinstance(directive, tree.Variable) or directive.type is not None:
            raise Kept(f"{WORDS.get(type(directive).__name__, 'a directive')} in the header")
        return self.part(directive.value)

    def part(self, node: Node) -> Part:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise Kept(WORDS.get(type(node).__name__, type(node).__name__.lower()))
        part: Part = method(node)
        return part

    # Values

    def _literal(self, node: Literal) -> Part:
        value = node.value
        if value is None or value is True or value is False:
            return Part(str(value).lower() if value is not None else "null", PART, IS_NULL if value is None else TRUTH)
        if type(value) is str:
            return Part(printing.text(value), PART, TEXT)
        if type(value) is int and abs(value) < LARGEST:
            return Part(str(value), PART if value >= 0 else SIGN, COUNT, printing.literal(value))
        raise Kept("a number with a fraction, or a large one: it is exact in DataWeave")

    def _arrayliteral(self, node: tree.ArrayLiteral) -> Part:
        if any(each.condition is not None for each in node.items):
            raise Kept("an element with a condition")
        parts = [self.part(each.value) for each in node.items]
        if not parts:
            return Part("[]" if self.item is None else "`[]`", SIGN, list_of(joined([])))  # `[][0]` is something else
        self._need_item()
        texts = ", ".join(each.in_list or each.text for each in parts)
        return Part(f"[{texts}]", PART, list_of(joined(each.shape for each in parts)))

    def _objectliteral(self, node: tree.ObjectLiteral) -> Part:
        pairs = [self._pair(each) for each in node.fields]
        if len({key for key, _ in pairs}) < len(pairs):
            raise Kept("a key that repeats")
        if not pairs:
            return Part("{}" if self.item is None else "`{}`", PART, map_of({}))
        self._need_item()
        texts = ", ".join(f"{printing.name(key)}: {value.text}" for key, value in pairs)
        return Part(f"{{{texts}}}", PART, map_of({key: value.shape for key, value in pairs}))

    def _need_item(self) -> None:
        """Refuse a list or a map that JMESPath does not make for an item that is null."""
        if self.item is not None and NULL in self.item.kinds:
            raise Kept("a list or a map made of items that may be null")

    def _pair(self, field: tree.Field | tree.Item) -> tuple[str, Part]:
        if isinstance(field, tree.Item):
            raise Kept("an object in another one by (…)")
        if field.condition is not None or field.attributes is not None or field.namespace:
            raise Kept("a pair with a condition, attributes or a namespace")
        if not isinstance(field.key, Literal) or type(field.key.value) is not str:
            raise Kept("a key that is computed")
        return field.key.value, self.part(field.value)

    def _text(self, node: tree.Text) -> Part:
        parts = [Part(printing.text(p), PART, TEXT) if isinstance(p, str) else self.part(p) for p in node.parts]
        return _text_of(parts, "a text with $(…) of a value that may not be a text")

    # Names and selectors

    def _name(self, node: Name) -> Part:
        if node.module:
            raise Kept("a function as a value")
        if node.name in (ITEM, *self.item_names) and self.item is not None:
            return Part("@", PART, self.item)
        if node.name in self.names:
            return self.names[node.name]
        return self._root(node.name)

    def _root(self, name: str) -> Part:
        found = self.known.root(name)
        if found is None:
            raise Kept(f"the name {name}" if name in NOT_HERE else "a name that is no root")
        return Part(name if self.item is None else f"${name}", PART, found)

    def _select(self, node: Select) -> Part:
        if node.kind != "." or node.namespace or not isinstance(node.key, Literal) or type(node.key.value) is not str:
            raise Kept(f"the selector {node.kind}")
        return self._field(node, node.operand, node.key.value)

    def _field(self, node: Node, operand: Node, key: str) -> Part:
        path = self._path(node)
        if path[:2] == ("message", "attributes"):
            return self._below_message(path, operand, key)
        part = self.part(operand)
        if not part.shape.only(OBJECT, NULL, NUMBER, WHOLE):
            whose = "payload" if path[:1] == ("payload",) else "a value"
            raise Kept(f"a field of {whose} that may be a list or a text")
        found = (self.known.field(path) if path else None) or part.shape.field(key)
        base = "" if part.text == "@" else f"{part.at(PART)}."
        return Part(f"{base}{printing.name(key)}", PART, found)

    def _below_message(self, path: tuple[str, ...], operand: Node, key: str) -> Part:
        """Return a field of `message.attributes`: the same as one of `attributes`."""
        if len(path) == 2:
            return self._root("attributes")
        at = Select(0, _chain(path[1:-1]), ".", Literal(0, key))
        return self._select(at)

    def _path(self, node: Node) -> tuple[str, ...]:
        """Return the names that lead from a root to a value; none if something else leads there."""
        names: list[str] = []
        while (key := _key_of(node)) is not None:
            names, node = [key, *names], node.operand  # type: ignore[attr-defined]  # it has a key
        is_root = isinstance(node, Name) and node.name not in self.names and not node.module
        return (node.name, *names) if is_root and isinstance(node, Name) else ()

    def _index(self, node: tree.Index) -> Part:
        index = node.index
        if node.kind or not isinstance(index, Literal):
            raise Kept("a selector in brackets")
        if type(index.value) is str:
            return self._field(node, node.operand, index.value)
        part = self.part(node.operand)
        if type(index.value) is not int or not part.shape.only(ARRAY, NULL):
            raise Kept("an element of a value that may be no list")
        element = part.shape.element or ANYTHING
        base = "" if part.text == "@" else part.at(PART)
        return Part(f"{base}[{index.value}]", PART, joined([element, IS_NULL]))

    # Operators

    def _unary(self, node: tree.Unary) -> Part:
        part = self.part(node.operand)
        if node.symbol == "-":
            _need(part, "a sign of what may be no whole number", WHOLE)
            return Part(f"-{part.at(PART)}", SIGN, COUNT)
        _need(part, "'not' of what may be no boolean", BOOLEAN)
        return Part(f"!{part.text if part.text.isidentifier() else f'({part.text})'}", SIGN, TRUTH)

    def _binary(self, node: tree.Binary) -> Part:
        left, right, symbol = self.part(node.left), self.part(node.right), node.symbol
        if symbol == "default":
            return self._default(left, right)
        if symbol in LOGIC:
            return _logic(symbol, left, right)
        if symbol in COMPARISONS:
            return _comparison(symbol, left, right)
        if symbol == "++":
            return self._joined(left, right)
        if symbol in ARITHMETIC:
            return self._arithmetic(symbol, left, right)
        raise Kept(f"the operator {symbol}")

    def _arithmetic(self, symbol: str, left: Part, right: Part) -> Part:
        for each in (left, right):
            _need(each, f"'{symbol}' of what may be no whole number", WHOLE)
        level = ARITHMETIC[symbol]
        return Part(f"{left.at(level)} {symbol} {right.at(level + 1)}", level, COUNT)

    def _joined(self, left: Part, right: Part) -> Part:
        if left.shape.only(ARRAY) and right.shape.only(ARRAY):
            elements = [each.shape.element or ANYTHING for each in (left, right)]
            return printing.gathered("concat", [left, right], list_of(joined(elements)))
        return _text_of([left, right], "'++' of what may be neither two texts nor two lists")

    def _default(self, left: Part, right: Part) -> Part:
        if NULL not in left.shape.kinds:
            return left
        return printing.gathered("not_null", [left, right], joined([left.shape.without(NULL), right.shape]))

    def _if(self, node: tree.If) -> Part:
        condition, then, otherwise = self.part(node.condition), self.part(node.then), self.part(node.otherwise)
        _need(condition, "a condition that may be no boolean", BOOLEAN)
        text = f"{condition.at(OR)} ? {then.at(OR)} : {otherwise.at(CHOICE)}"
        return Part(text, CHOICE, joined([then.shape, otherwise.shape]))

    def _is(self, node: tree.Is) -> Part:
        kind = node.type
        is_bare = isinstance(kind, tree.TypeName) and not kind.arguments and not kind.module
        function = functions.TYPES.get(kind.name) if is_bare and isinstance(kind, tree.TypeName) else None
        if function is None:
            raise Kept("'is' of another type than String, Array or Null")
        return Part(printing.called(function, [self.part(node.operand).text]), PART, TRUTH)

    def _do(self, node: tree.Do) -> Part:
        return self.within(list(node.directives), node.body)

    # Calls

    def _call(self, node: tree.Call) -> Part:
        name = node.function
        if not isinstance(name, Name) or name.module not in CORE or name.name in self.names:
            raise Kept("a function of the script, or of another module")
        if name.name in LOOPS and len(node.arguments) == 2:
            return self._loop(name.name, *node.arguments)
        if name.name == "p":
            return self._property(node.arguments)
        arguments = [self.part(each) for each in node.arguments]
        found = functions.same(name.name, arguments)
        if found is None:
            is_known = name.name in functions.FUNCTIONS
            raise Kept(f"{name.name}() {'of other kinds of values' if is_known else 'is another function here'}")
        return found

    def _property(self, arguments: tuple[Node, ...]) -> Part:
        """Return the value of a property, which must be there: for a missing one `p` is null only in DataWeave."""
        name = arguments[0].value if len(arguments) == 1 and isinstance(arguments[0], Literal) else None
        name = name.removeprefix(SECURE) if isinstance(name, str) else None
        if name not in self.known.properties:
            raise Kept("p() of a property that an environment may lack")
        return Part(printing.called("p", [printing.text(str(name))]), PART, TEXT)

    def _loop(self, name: str, over: Node, function: Node) -> Part:
        elements = self.part(over)
        if not isinstance(function, tree.Lambda):
            function = tree.Lambda(0, (), function)
        _need(elements, f"{name} over what may be no list", *((ARRAY, NULL) if name == "filter" else (ARRAY,)))
        element = elements.shape.element or ANYTHING
        with self._each(element, function):
            body = self.part(function.body)
        if name == "map":
            return Part(printing.called("map", [f"&{body.text}", elements.text]), PART, list_of(body.shape))
        _need(body, "filter by what may be no boolean", BOOLEAN)
        if NULL in element.kinds:
            raise Kept("filter of items that may be null")
        base = elements.at(PART)
        return Part(f"{base}[?{body.text}]", PART, elements.shape)

    @contextmanager
    def _each(self, element: Shape, function: tree.Lambda) -> Iterator[None]:
        """Within the context names mean what they do in a function that is called for each element."""
        if self.item is not None:
            raise Kept("a loop in a loop")
        parameters = function.parameters
        if len(parameters) > 1 or any(each.type or each.default for each in parameters):
            raise Kept("a loop that knows the index")
        if any(isinstance(each, Name) and each.name == INDEX for each in nodes(function.body)):
            raise Kept("a loop that knows the index")
        outer = self.names
        hidden = {each.name for each in parameters}
        self.names = {name: part for name, part in outer.items() if name not in hidden}
        self.item, self.item_names = element, tuple(hidden)
        yield
        self.item, self.item_names, self.names = None, (), outer


class Guesser(Translator):
    """Finds out the shapes of scripts that cannot be translated. The texts of its parts mean nothing."""

    def part(self, node: Node) -> Part:
        try:
            return super().part(node)
        except Kept:
            return Part("", PART, _guess(node))

    def _default(self, left: Part, right: Part) -> Part:
        """Take the right side into account: the left one may fail."""
        return Part("", PART, joined([left.shape.without(NULL), right.shape]))

    def _if(self, node: tree.If) -> Part:
        self.part(node.condition)
        return Part("", PART, joined([self.part(node.then).shape, self.part(node.otherwise).shape]))

    def _arithmetic(self, symbol: str, left: Part, right: Part) -> Part:
        """Return a whole number if both sides are, or null, with which arithmetic fails."""
        is_whole = all(each.shape.only(WHOLE, NULL) for each in (left, right))
        return Part("", PART, COUNT if is_whole else ANYTHING)

    def _joined(self, left: Part, right: Part) -> Part:
        """Return a list if one side is one, and the other one or null, with which joining fails."""
        sides = (left.shape, right.shape)
        if any(each.only(ARRAY) for each in sides) and all(each.only(ARRAY, NULL) for each in sides):
            elements = (each.element or ANYTHING for each in sides if ARRAY in each.kinds)
            return Part("", PART, list_of(joined(elements)))
        return Part("", PART, TEXT if left.shape.only(STRING) and right.shape.only(STRING) else ANYTHING)

    def script(self, script: Script) -> Part:
        try:
            return super().script(script)
        except Kept:
            return Part("", PART, ANYTHING)


def _guess(node: Node) -> Shape:
    """Return the shape that the results of an operator or a function have, whatever it is given."""
    if isinstance(node, (tree.Unary, tree.Is)) or (isinstance(node, tree.Binary) and node.symbol in TRUTHS):
        return TRUTH if not isinstance(node, tree.Unary) or node.symbol != "-" else ANYTHING
    if isinstance(node, tree.Call) and isinstance(node.function, Name) and node.function.module in CORE:
        return RESULTS.get(node.function.name, ANYTHING)
    if isinstance(node, tree.Text):
        return TEXT
    return A_MAP if isinstance(node, tree.ObjectLiteral) else list_of(ANYTHING) if _is_list(node) else ANYTHING


def _is_list(node: Node) -> bool:
    return isinstance(node, tree.ArrayLiteral)


TRUTHS = (*COMPARISONS, *LOGIC, "~=")
RESULTS = {
    "sizeOf": joined([COUNT, IS_NULL]),
    **dict.fromkeys(("isEmpty", "isBlank", "contains", "startsWith", "endsWith", "matches"), TRUTH),
    **dict.fromkeys(("upper", "lower", "trim"), joined([TEXT, IS_NULL])),
}
"""The shapes that functions of the core return. None of them is a function of the script: that has no such name."""

LOOPS = ("map", "filter")
NOT_HERE = ("app", "server", "mule", "message")
WORDS = {
    "As": "'as', a conversion", "Match": "match", "Update": "update", "Lambda": "a function",
    "RegexLiteral": "a pattern", "Moment": "a date or a period", "Presence": "a selector with ? or !",
    "Function": "a function", "Import": "an import", "TypeAlias": "a type", "Prefix": "a namespace",
    "Variable": "a variable with a type",
}  # fmt: skip


def _key_of(node: Node) -> str | None:
    """Return the name behind the dot, or in the brackets, of a selector."""
    if isinstance(node, Select) and node.kind == "." and not node.namespace and isinstance(node.key, Literal):
        return node.key.value if type(node.key.value) is str else None
    if isinstance(node, tree.Index) and not node.kind and isinstance(node.index, Literal):
        return node.index.value if type(node.index.value) is str else None
    return None


def _chain(names: tuple[str, ...]) -> Node:
    node: Node = Name(0, names[0])
    for each in names[1:]:
        node = Select(0, node, ".", Literal(0, each))
    return node


def _variable(name: str) -> str:
    if not printing.NAME.fullmatch(name) or name in ROOT_NAMES:
        raise Kept("a variable with the name of a root")
    return name


ROOT_NAMES = ("payload", "attributes", "vars", "error", "message", "correlationId", "flow")


def _need(part: Part, why: str, *kinds: str) -> None:
    if not part.shape.only(*kinds):
        raise Kept(why)


def _logic(symbol: str, left: Part, right: Part) -> Part:
    for each in (left, right):
        _need(each, f"'{symbol}' of what may be no boolean", BOOLEAN)
    sign, level = LOGIC[symbol]
    return Part(f"{left.at(level)} {sign} {right.at(level + 1)}", level, TRUTH)


def _comparison(symbol: str, left: Part, right: Part) -> Part:
    text = f"{left.at(COMPARED + 1)} {symbol} {right.at(COMPARED + 1)}"
    if symbol not in ("==", "!="):
        for one in (left, right):
            _need(one, f"'{symbol}' of what may be no whole number", WHOLE)
    elif not left.shape.only(*SCALARS) and not right.shape.only(*SCALARS):
        raise Kept("'==' of two values that may both be objects")
    return Part(text, COMPARED, TRUTH)


def _text_of(parts: list[Part], why: str) -> Part:
    for each in parts:
        _need(each, why, STRING)
    return printing.gathered("concat", parts, TEXT)
