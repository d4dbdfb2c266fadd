"""Parses a script: a header and a body with `---` between them, or an expression alone."""

from __future__ import annotations

from engine.expressions.dataweave.syntax.header import Header
from engine.expressions.dataweave.syntax.scanner import END
from engine.expressions.dataweave.syntax.tree import Script
from engine.expressions.errors import depth_bounded


def parse(text: str) -> Script:
    """Return the tree of a script. Raises ExpressionSyntaxError."""
    parser = Header(text)
    with depth_bounded(lambda: parser.position):
        return _script(parser)


def parse_module(text: str) -> Script:
    """Return the tree of a file of functions, variables and types; `---` and a body may follow."""
    parser = Header(text)
    with depth_bounded(lambda: parser.position):
        parser.version()
        directives = parser.directives()
        if parser.token.kind == END:
            return Script(0, directives, None, text)
        return _script(Header(text))


def _script(parser: Header) -> Script:
    parser.version()
    start = parser.token.start
    has_header = parser.position > 0
    directives = parser.directives()
    if directives or has_header:
        parser.expect("---", "between the header and the body", "---")
    if parser.token.kind == END:
        parser.fail("an expression", "payload")
    body = parser.expression()
    parser.finish()
    return Script(start, directives, body, parser.text)
