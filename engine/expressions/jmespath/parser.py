"""The grammar: JMESPath's, by its own parser, and the additions of docs/language.md.

Nodes are the jmespath package's dictionaries (`type`, `children`, `value`); ours carry `start`,
the offset of their first token, if a later mistake may point at it.
"""

from __future__ import annotations

import math
import re
from typing import Any

from jmespath import exceptions, parser

from engine.expressions.errors import ExpressionSyntaxError, depth_bounded, unclosed_quote
from engine.expressions.jmespath.lexer import Lexer, Token
from engine.limits import MOST_TOKENS

Node = dict[str, Any]

CONSTANTS = {"true": True, "false": False, "null": None}
ARITHMETIC = {"plus": 6, "minus": 6, "times": 7, "slash": 7, "percent": 7, "floor": 7}
UNARY = 8
ENDS_EARLY = "an expression that ends too early"
TOKEN_WORDS = {
    "quoted_identifier": "a name", "unquoted_identifier": "a name", "lbracket": "'['", "lbrace": "'{'",
    "rbracket": "']'", "rbrace": "'}'", "lparen": "'('", "rparen": "')'", "comma": "','", "colon": "':'",
    "assign": "'='", "variable": "a variable ($name)", "in": "'in'", "number": "a whole number",
    "star": "an index, a slice, '*' or a filter such as [?a == 1]",
}  # fmt: skip


def parse(text: str) -> tuple[Node, list[int]]:
    """Return the syntax tree of an expression, and the offsets of each `!a.b` in it, which means `(!a).b`.

    Raises ExpressionSyntaxError, with the offset of the token that does not fit.
    """
    reader = Parser()
    try:
        with depth_bounded(reader.place):
            return reader.parse(text).parsed, reader.negations
    except exceptions.EmptyExpressionError:
        raise ExpressionSyntaxError(0, "an empty expression", "a JMESPath expression") from None
    except exceptions.LexerError as error:
        raise _unreadable(error) from None
    except exceptions.IncompleteExpressionError:
        raise ExpressionSyntaxError(len(text), ENDS_EARLY, "a value or a closing bracket") from None
    except exceptions.ParseError as error:
        raise _misplaced(error) from None
    except ValueError:  # Python does not read longer ones
        raise ExpressionSyntaxError(0, "a number with thousands of digits in an expression", "a shorter one") from None


def _unreadable(error: exceptions.LexerError) -> ExpressionSyntaxError:
    found = str(error.lexer_value)[:20]
    if error.message.startswith("Unclosed"):
        return unclosed_quote(error.lexer_position, found)
    if error.message.startswith("Bad token"):
        return ExpressionSyntaxError(error.lexer_position, f"{found} in backticks is not JSON", "a JSON value")
    return ExpressionSyntaxError(error.lexer_position, f"'{found}' in an expression", "what JMESPath can read")


def _misplaced(error: exceptions.ParseError) -> ExpressionSyntaxError:
    found = f"'{error.token_value}' in an expression" if error.token_value != "" else ENDS_EARLY
    return ExpressionSyntaxError(error.lex_position, found, _expectation(error.msg))


def _expectation(message: str) -> str:
    """Return the jmespath parser's message in words, without the part that repeats the token."""
    if not message.startswith("Expecting: "):
        return "an operator or the end of the expression" if "nexpected token" in message else "a value"
    kinds = re.findall(r"\w+", message.removeprefix("Expecting: ").rpartition(", got:")[0])
    return " or ".join(dict.fromkeys(TOKEN_WORDS.get(kind, kind) for kind in kinds))


class Parser(parser.Parser):
    """JMESPath's parser with `let`, `? :`, arithmetic, `$name` and bare constants."""

    # Each step below extends the base class's table of binding powers: `? :` binds looser than
    # `||` and tighter than `|`; arithmetic tighter than comparison, looser than a projection.
    BINDING_POWER = parser.Parser.BINDING_POWER | ARITHMETIC | {
        "question": 1.5, "variable": 0, "root": 0, "let": 0, "in": 0, "assign": 0, "minus_in_name": 100,
    }  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._tokens: list[Token] = []
        self.negations: list[int] = []

    def parse(self, expression: str) -> parser.ParsedResult:
        # Not the base class's cache: it is shared by all users of jmespath, and is for another grammar.
        if not expression.strip():
            raise exceptions.EmptyExpressionError
        return self._do_parse(expression)

    def _parse(self, expression: str) -> parser.ParsedResult:
        self._tokens = list(Lexer().tokenize(expression))
        self._index = 0
        if len(self._tokens) > MOST_TOKENS:
            found = f"an expression of more than {MOST_TOKENS} words and signs"
            raise ExpressionSyntaxError(self._tokens[MOST_TOKENS]["start"], found, "its parts in variables")
        parsed = self._expression()
        if self._current_token() != "eof":
            self._raise_parse_error_for_token(self._lookahead_token(0), "Unexpected token")
        return parser.ParsedResult(expression, parsed)

    def place(self) -> int:
        """Return the offset of the token that is being read."""
        return self._tokens[min(self._index, len(self._tokens) - 1)]["start"] if self._tokens else 0

    def _behind(self, distance: int) -> Token | None:
        position = self._index - distance
        return self._tokens[position] if position >= 0 else None

    # Names and constants

    def _token_nud_unquoted_identifier(self, token: Token) -> Node:
        before = self._behind(2)
        after_dot = before is not None and before["type"] == "dot"
        if token["value"] in CONSTANTS and not after_dot and self._current_token() != "lparen":
            return _literal(CONSTANTS[token["value"]])
        return {"type": "field", "children": [], "value": token["value"], "start": token["start"]}

    def _token_nud_quoted_identifier(self, token: Token) -> Node:
        node: Node = super()._token_nud_quoted_identifier(token)
        return node | {"start": token["start"], "is_quoted": True}

    def _token_nud_expref(self, token: Token) -> Node:
        node: Node = super()._token_nud_expref(token)
        return node | {"start": token["start"]}

    def _token_nud_variable(self, token: Token) -> Node:
        return {"type": "variable", "children": [], "value": token["value"][1:], "start": token["start"]}

    def _token_nud_root(self, token: Token) -> Node:
        return {"type": "root", "children": [], "start": token["start"]}

    def _token_nud_number(self, token: Token) -> Node:
        if token["value"] == math.inf:
            raise ExpressionSyntaxError(token["start"], "a number out of range", "one below 1.8e308")
        return _literal(token["value"])

    def _token_led_minus_in_name(self, left: Node) -> Node:
        name, minus, rest = (self._lookahead_token(distance)["value"] for distance in (-2, -1, 0))
        raise ExpressionSyntaxError(
            self._lookahead_token(-1)["start"],
            f"'{name}{minus}{rest}', a minus that touches names on both sides",
            "a subtraction with spaces, or a quoted name",
            f"{name} - {rest}, or .'{name}-{rest}'",
        )

    # let $a = x, $b = y in body (JEP-18: the bindings see the outer scope)

    def _token_nud_let(self, token: Token) -> Node:
        bindings = [self._binding()]
        while self._current_token() == "comma":
            self._advance()
            bindings.append(self._binding())
        self._match("in")
        return {"type": "let", "bindings": bindings, "children": [self._expression()]}

    def _binding(self) -> tuple[str, Node]:
        name = self._lookahead_token(0)
        self._match("variable")
        self._match("assign")
        return name["value"][1:], self._expression()

    # cond ? a : b

    def _token_led_question(self, condition: Node) -> Node:
        when_true = self._expression()
        self._match("colon")
        when_false = self._expression(1.4)  # below 1.5: right-associative
        return {"type": "ternary", "children": [condition, when_true, when_false]}

    # Arithmetic

    def _arithmetic(self, operator: str, left: Node) -> Node:
        right = self._expression(ARITHMETIC[operator])
        return {"type": "arithmetic", "value": operator, "children": [left, right]}

    def _token_led_plus(self, left: Node) -> Node:
        return self._arithmetic("plus", left)

    def _token_led_minus(self, left: Node) -> Node:
        return self._arithmetic("minus", left)

    def _token_led_times(self, left: Node) -> Node:
        return self._arithmetic("times", left)

    def _token_led_slash(self, left: Node) -> Node:
        return self._arithmetic("slash", left)

    def _token_led_percent(self, left: Node) -> Node:
        return self._arithmetic("percent", left)

    def _token_led_floor(self, left: Node) -> Node:
        return self._arithmetic("floor", left)

    def _token_nud_minus(self, token: Token) -> Node:
        operand = self._expression(UNARY)
        if operand["type"] == "literal" and type(operand["value"]) in (int, float):
            return _literal(-operand["value"])
        return {"type": "negative", "value": "minus", "children": [operand]}

    def _token_nud_plus(self, token: Token) -> Node:
        return {"type": "negative", "value": "plus", "children": [self._expression(UNARY)]}

    # Rules that differ from the base class

    def _token_nud_not(self, token: Token) -> Node:
        node: Node = super()._token_nud_not(token)
        if self._current_token() == "dot":
            self.negations.append(token["start"])
        return node

    def _token_nud_lbrace(self, token: Token) -> Node:
        if self._current_token() == "rbrace":
            self._advance()
            return {"type": "empty_object", "children": [], "start": token["start"]}
        return self._parse_multi_select_hash()

    def _parse_multi_select_hash(self) -> Node:
        # The base class takes entries without a comma between them.
        pairs = [self._pair()]
        while self._current_token() != "rbrace":
            self._match("comma")
            pairs.append(self._pair())
        self._advance()
        return {"type": "multi_select_dict", "children": pairs}

    def _pair(self) -> Node:
        key = self._lookahead_token(0)
        self._match_multiple_tokens(["quoted_identifier", "unquoted_identifier"])
        self._match("colon")
        return {"type": "key_val_pair", "value": key["value"], "start": key["start"], "children": [self._expression()]}

    def _token_nud_lbracket(self, token: Token) -> Node:
        if self._current_token() == "number" and self._lookahead(1) == "comma":
            self._refuse_bare_number()
        node: Node = super()._token_nud_lbracket(token)
        return node

    def _parse_multi_select_list(self) -> Node:
        elements = []
        while True:
            if self._current_token() == "number" and self._lookahead(1) in ("comma", "rbracket"):
                self._refuse_bare_number()
            elements.append(self._expression())
            if self._current_token() == "rbracket":
                break
            self._match("comma")
        self._match("rbracket")
        return {"type": "multi_select_list", "children": elements}

    def _parse_index_expression(self) -> Node:
        first = self._index
        node: Node = super()._parse_index_expression()
        for token in self._tokens[first : self._index]:
            if isinstance(token["value"], float):
                self._raise_parse_error_for_token(token, "Expecting: number, got: a fraction")
        if node["type"] == "slice" and node["children"][2] == 0:
            step = self._lookahead_token(-2)
            raise ExpressionSyntaxError(step["start"], "a slice with step 0", "a step other than 0")
        return node | {"start": self._tokens[first]["start"]}

    def _refuse_bare_number(self) -> None:
        token = self._lookahead_token(0)
        number = token["value"]
        raise ExpressionSyntaxError(
            token["start"],
            f"the number {number} as an element of a list",
            "an index alone ([0]) or a literal in backticks",
            f"`{number}`",
        )

    def _token_led_lparen(self, left: Node) -> Node:
        if left["type"] != "field" or "start" not in left:
            name = self._lookahead_token(-2)
            raise ExpressionSyntaxError(name["start"], f"'{name['value']}('", "the name of a function before '('")
        arguments = []
        while self._current_token() != "rparen":
            arguments.append(self._expression())
            if self._current_token() != "comma":
                break
            self._advance()
            if self._current_token() == "rparen":
                self._raise_parse_error_for_token(self._lookahead_token(0), "operand")
        self._match("rparen")
        return {"type": "call", "value": left["value"], "children": arguments, "start": left["start"]}


def _literal(value: Any) -> Node:
    return {"type": "literal", "children": [], "value": value}
