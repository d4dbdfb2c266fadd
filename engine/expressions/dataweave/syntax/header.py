"""Parses the header of a script, and the directives of `do`."""

from __future__ import annotations

import re
from typing import Any

from engine.expressions.dataweave.syntax.expressions import Expressions
from engine.expressions.dataweave.syntax.scanner import END, NUMBERS, QUOTE, WORDS
from engine.expressions.dataweave.syntax.tree import (
    Directive,
    Do,
    Format,
    Function,
    Import,
    Imported,
    Literal,
    Node,
    Prefix,
    Property,
    TypeAlias,
    Variable,
)
from engine.expressions.dataweave.syntax.words import CONSTANTS, DIRECTIVES
from engine.expressions.errors import ExpressionSyntaxError

MEDIA_TYPE = re.compile(r"\s*([\w.*+-]+/[\w.*+-]+|[A-Za-z][\w-]*)", re.ASCII)
URI = re.compile(r"[ \t]*([A-Za-z][\w+.-]*:\S+)", re.ASCII)
VERSION = re.compile(r"\s*%dw\s+([0-9]+)\.([0-9]+)")


class Header(Expressions):
    """Directives."""

    def version(self) -> None:
        """Take `%dw 2.0`, if the script begins with it."""
        found = VERSION.match(self.text, self.position)
        if not found:
            if self.at("%"):
                self.fail("'%dw 2.0'", "%dw 2.0")
            return
        if found[1] != "2":
            self._refuse_version(found)
        self.move(found.end())

    def _refuse_version(self, found: re.Match[str]) -> None:
        written = f"'%dw {found[1]}.{found[2]}'"
        what = "a script of Mule 3, " if found[1] == "1" else ""
        expected = "DataWeave 2: 'output' without '%', 'fun' for '%function', 'var' for '%var'"
        raise ExpressionSyntaxError(found.start(1), f"{what}{written}", expected, "%dw 2.0")

    def directives(self) -> tuple[Directive, ...]:
        """Parse directives up to `---` or anything else."""
        found = []
        while self.at("@", *DIRECTIVES):
            directive = self._directive()
            if directive:
                found.append(directive)
        self._refuse_percent()
        return tuple(found)

    def _refuse_percent(self) -> None:
        """Refuse `%output` and its kin of DataWeave 1.0."""
        if not self.at("%"):
            return
        start = self.advance().start
        word = self.token.text
        expected = "DataWeave 2, which has no '%' before directives"
        write = {"function": "fun", "namespace": "ns"}.get(word, word)
        raise ExpressionSyntaxError(start, f"'%{word}' of DataWeave 1.0", expected, write)

    def _directive(self) -> Directive | None:
        if self.at("@"):
            self.annotation()
            return None
        token = self.advance()
        parse = {
            "output": self._output,
            "input": self._input,
            "ns": self._prefix,
            "var": self._variable,
            "fun": self._function,
            "type": self._alias,
            "import": self._import,
        }
        return parse[token.text](token.start)

    def annotation(self) -> str:
        """Parse `@Name(…)`, which has no effect. Return the name."""
        self.advance()
        name = self._path("an annotation")
        if self.at("(") and self.token.start == self.position:
            self.advance()
            self._arguments_of_annotation()
        return name

    def _arguments_of_annotation(self) -> None:
        while not self.at(")"):
            self.expression()
            if self.take("="):
                self.expression()
            if not self.take(","):
                break
        self.expect(")", "at the end of an annotation")

    def _path(self, what: str) -> str:
        """Parse `a::b::C`."""
        parts = [self.name(what).text]
        while self.take("::"):
            parts.append(self.name(what).text)
        return "::".join(parts)

    def _output(self, start: int) -> Format:
        if self.take(":"):
            self.type()
        media_type = self._media_type()
        writer = self.advance().text if self.take("with") else ""
        return Format(start, media_type, self._properties(), "", writer)

    def _input(self, start: int) -> Format:
        name = self.name("an input").text
        if self.take(":"):
            self.type()
        return Format(start, self._media_type(), self._properties(), name)

    def _media_type(self) -> str:
        found = MEDIA_TYPE.match(self.text, self.position)
        if not found:
            self.fail("a media type", "application/json")
        self.move(found.end())
        return found[1]

    def _properties(self) -> tuple[Property, ...]:
        """Parse `indent=false, encoding="UTF-8"`."""
        found: list[Property] = []
        while self._is_property() and (not found or self.take(",")):
            token = self.token
            name = self._plain_text() if token.kind == QUOTE else self.advance().text
            self.expect("=", "behind the name of a property", f"{name}=true")
            found.append(Property(token.start, name, self._value_of_property()))
        return tuple(found)

    def _is_property(self) -> bool:
        token = self.token
        return self.at(",") or token.kind == QUOTE or (token.kind == WORDS and token.text not in DIRECTIVES)

    def _value_of_property(self) -> Any:
        if self.token.kind == QUOTE:
            return self._plain_text()
        if self.token.kind == NUMBERS or self.at("-"):
            return self.number().value
        if self.token.text not in CONSTANTS:
            self.fail("a text, a number, true or false", '"…"')
        return CONSTANTS[self.advance().text]

    def _plain_text(self) -> str:
        token, text = self.token, self.string()
        if not isinstance(text, Literal):
            raise ExpressionSyntaxError(token.start, "a text with an expression in it", "a plain text")
        return str(text.value)

    def _prefix(self, start: int) -> Prefix:
        prefix = self.name("a namespace").text
        found = URI.match(self.text, self.position)
        if not found:
            self.fail("the uri of a namespace, without quotes", f"ns {prefix} http://example.com/{prefix}")
        self.move(found.end())
        return Prefix(start, prefix, found[1])

    def _variable(self, start: int) -> Variable:
        name = self.name("a variable").text
        of_type = self.type_of()
        self.expect("=", "behind the name of a variable", f"var {name} = 1")
        return Variable(start, name, self.expression(), of_type)

    def _function(self, start: int) -> Function:
        name = self.name("a function").text
        return Function(start, self.function(name, self._type_parameters()))

    def _type_parameters(self) -> tuple[str, ...]:
        """Parse `<T, S <: String>`."""
        if not self.take("<"):
            return ()
        names = []
        while True:
            names.append(self.name("a type").text)
            if self.take("<"):
                self.expect(":")
                self.type()
            if not self.take(","):
                break
        self.angle()
        return tuple(names)

    def _alias(self, start: int) -> TypeAlias:
        name, parameters = self.name("a type").text, self._type_parameters()
        self.expect("=", "behind the name of a type", f"type {name} = String")
        return TypeAlias(start, name, self.type(), parameters)

    def _import(self, start: int) -> Import:
        is_everything = self.take("*")
        names = [] if is_everything else [self._imported()]
        while names and self.take(","):
            names.append(self._imported())
        if is_everything or len(names) > 1 or self.at("from"):
            self.expect("from", "and the module behind what is imported", "import * from dw::core::Strings")
            return Import(start, self._module(), tuple(names), is_everything)
        (module,) = names
        alias = module.alias if module.alias != module.name else module.name.rpartition("::")[2]
        return Import(start, module.name, (), alias=alias)

    def _imported(self) -> Imported:
        """Parse `name`, `name as alias`, or a whole module."""
        token = self.token
        name = self._module()
        alias = self.name("what is imported").text if self.take("as") else name
        return Imported(token.start, name, alias)

    def _module(self) -> str:
        start, name = self.token.start, self._path("a module")
        if not self.at("!"):
            return name
        expected = "a module of DataWeave or a .dwl file: Java is not called here"
        raise ExpressionSyntaxError(start, f"'{name}!'", expected, "a function of the flow's language")

    def do(self) -> Node:
        """Parse `do { … --- … }`."""
        start = self.advance().start
        self.expect("{", "behind 'do'", "do { var x = 1 --- x }")
        directives = self.directives()
        if directives:
            self.expect("---", "between the variables and the value of 'do'")
        else:
            self.take("---")
        body = self.expression()
        self.expect("}", "at the end of 'do'")
        return Do(start, directives, body)

    def using(self) -> Node:
        """Parse `using (a = 1, b = 2) …`."""
        start = self.advance().start
        self.expect("(", "behind 'using'", "using (x = 1) x + 1")
        variables = []
        while not self.at(")"):
            token = self.name("a variable")
            self.expect("=", "behind the name of a variable")
            variables.append(Variable(token.start, token.text, self.expression()))
            if not self.take(","):
                break
        self.expect(")", "behind the variables of 'using'")
        return Do(start, tuple(variables), self.expression())

    def finish(self) -> None:
        """Require the end of the script."""
        token = self.token
        if token.kind == END:
            return
        for sign, word in (("&&", "and"), ("||", "or")):
            if self.text.startswith(sign, token.start):
                raise ExpressionSyntaxError(token.start, f"'{sign}'", f"'{word}'", word)
        self.fail("an operator, or the end of the script")
