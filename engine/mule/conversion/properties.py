"""Properties and settings of an application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Rule
from engine.mule.conversion.texts import PLACEHOLDER, converted, names_in, number, value_of
from engine.mule.reports.report import Advice
from engine.mule.writing.parts import NOTHING, Part
from engine.mule.xml.nodes import Node, globals_of

CLASSPATH = ("classpath://", "classpath:")
FILES = ("configuration-properties", "secure-properties:config")
NOT_THERE = Advice("the property file is not there", "write it, or give the properties in another way", "S")
KNOWN_ALGORITHMS = ("AES", "Blowfish")
ENGINE_KEY = "ENGINE_KEY"
ALGORITHM = Advice("only AES and Blowfish in CBC mode are decrypted here", "engine secrets encrypt for each value", "S")
CONFIGURATION = Rule(
    "configuration",
    texts="defaultErrorHandler-ref",
    numbers="defaultResponseTimeout shutdownTimeout",
    no_matter="name maxQueueTransactionFilesSize inheritIterableRepeatability correlationIdGeneratorExpression "
    "dynamicConfigExpiration defaultTransactionTimeout expression-language ee:tracking-notification",
    has_label=False,
)


class Settings:
    """What global elements say of properties.

    files: the names of the resources; values: of properties known so far, by name; project: those of them that Maven
    fills in.
    """

    def __init__(
        self,
        conversion: Conversion,
        files: set[str],
        read: Callable[[str], dict[str, str]],
        project: Mapping[str, str],
    ) -> None:
        self.conversion = conversion
        self.files = files
        self._read = read
        self.values: dict[str, str] = {}
        self.project = project
        self.chosen: dict[str, str] = {}
        """Properties in the names of files that have no value, and the value that makes them the name of one."""
        self.named: set[str] = set()
        """The property files that the application reads, whatever the environment."""

    def learn(self, roots: list[Node]) -> None:
        """Find out the values of properties that stand in the XML, and then those of the files."""
        elements = [each for root in roots for each in globals_of(root) if isinstance(each, Node)]
        for each in elements:
            if each.name == "global-property":
                self.values.setdefault(each.get("name"), each.get("value"))
        for each in elements:
            if each.name in FILES and (file := self.file_of(each)):
                for name, value in self._read(file).items():
                    self.values.setdefault(name, value)
        self.project = {name: value for name, value in self.project.items() if name not in self.values}
        self.values |= self.project

    def of_project(self, texts: Iterable[str]) -> dict[str, str]:
        """Return the properties that Maven fills in, which texts or values of other properties name."""
        texts = [*texts, *(value for name, value in self.values.items() if name not in self.project)]
        names = {name for text in texts for name in names_in(text)}
        return {name: value for name, value in self.project.items() if name in names}

    def takes(self, node: Node) -> bool:
        return node.name in (*FILES, "global-property", "configuration")

    def add(self, node: Node, sections: dict[str, Any]) -> Part:
        if node.name == "global-property":
            part = Part(value_of(node.get("value")), node)
            sections["properties"][node.get("name")] = part
            return part
        if node.name == "configuration":
            params = self.conversion.params(node, CONFIGURATION)
            if handler := params.get("defaultErrorHandler-ref"):
                self.conversion.refer("error-handler", handler, node)
            sections["configuration"] |= params
            return Part(NOTHING, node)
        return self._property_file(node, sections)

    def _property_file(self, node: Node, sections: dict[str, Any]) -> Part:
        name = _resource(node.get("file"))
        if key := node.get("key"):
            what = f"key of {node.name}"
            self.conversion.note(
                node, what, f"{ENGINE_KEY} in the environment is the key of encrypted values: {_shown(key)}"
            )
        if node.child("secure-properties:encrypt") is not None:
            self._check_algorithm(node, node.child("secure-properties:encrypt"))
        if not self.file_of(node):
            self.conversion.report.add_gap(node, f"property file {name}", NOT_THERE)
            part = Part(NOTHING, node, [f"Not there: {name}"])
        else:
            part = Part({"file": name}, node)
        sections["configuration-properties"].append(part)
        return part

    def _check_algorithm(self, node: Node, encrypt: Node | None) -> None:
        assert encrypt is not None
        algorithm, mode = encrypt.get("algorithm", "AES"), encrypt.get("mode", "CBC")
        if algorithm not in KNOWN_ALGORITHMS or mode != "CBC":
            self.conversion.gap(encrypt, f"values encrypted with {algorithm}/{mode}", ALGORITHM, is_whole=False)

    def file_of(self, node: Node) -> str:
        """Return the name of the file that is read now; empty if there is none."""
        written = _resource(node.get("file"))
        name = self.filled(written)
        self.named |= self._matching(written)
        if name in self.files:
            return name
        candidates = sorted(self._matching(written), key=_usual_first)
        if not candidates or "${" not in name:
            return ""
        self.chosen |= _values(written, candidates[0], self.values)
        return candidates[0]

    def filled(self, text: str) -> str:
        """Return a text with the values of the properties that are known."""
        for _ in range(10):
            filled = PLACEHOLDER.sub(lambda match: self._value(match[1], match[0]), text)
            if filled == text:
                break
            text = filled
        return text

    def _value(self, name: str, written: str) -> str:
        name = name.removeprefix("secret:")
        plain, colon, default = name.partition(":")
        return self.values.get(name, self.chosen.get(name, self.values.get(plain, default) if colon else written))

    def _matching(self, written: str) -> set[str]:
        pattern = _pattern(written)
        return {file for file in self.files if pattern.fullmatch(file)}


def _resource(name: str) -> str:
    name = converted(name).strip().replace("\\", "/")
    for prefix in CLASSPATH:
        name = name.removeprefix(prefix)
    return name.removeprefix("/")


def _shown(key: str) -> str:
    return f"the value of {key}" if PLACEHOLDER.fullmatch(key) else "the one in the XML"


def _pattern(written: str) -> Any:
    import re

    parts = PLACEHOLDER.split(written)
    names: set[str] = set()
    pattern = ""
    for index, part in enumerate(parts):
        pattern += "([^/]*)" if index % 2 else re.escape(part)
        names.add(part if index % 2 else "")
    return re.compile(pattern)


def _values(written: str, file: str, known: dict[str, str]) -> dict[str, str]:
    """Return what the placeholders in the name of a file stand for."""
    match = _pattern(written).fullmatch(file)
    names = PLACEHOLDER.findall(written)
    return {name: value for name, value in zip(names, match.groups(), strict=True) if name not in known}


def _usual_first(file: str) -> tuple[int, str]:
    usual = ("local", "dev", "default", "sandbox", "test", "qa")
    return next((rank for rank, word in enumerate(usual) if word in file.lower()), len(usual)), file


__all__ = ["Settings", "number"]
