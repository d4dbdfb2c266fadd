"""Writes XML: keys are elements, lists repeat them, prefixes are declared where they are first used."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from engine.expressions.dataweave.formats.output import Output
from engine.expressions.dataweave.formats.properties import Properties, Values, flag, text
from engine.expressions.dataweave.formats.scalars import is_list, text_of
from engine.expressions.dataweave.values.annotated import schema_of
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import Key, Namespace, is_object
from engine.expressions.functions.formats.xml_text import FORBIDDEN, NAME

WRITING = Properties(
    indent=flag(True),
    writeDeclaration=flag(True),
    doubleQuoteInDeclaration=flag(False),
    inlineCloseOn=text("empty", "empty", "none"),
    skipNullOn=text(),
    writeNilOnNull=flag(False),
    onInvalidChar=text(),
    escapeCR=flag(False),
    escapeGT=flag(False),
    defaultNamespace=text(),
    writeDeclaredNamespaces=text(),
    encoding=text("UTF-8"),
)
TEXT = "__text"
XSI = Namespace("xsi", "http://www.w3.org/2001/XMLSchema-instance")
XSD = Namespace("xsd", "http://www.w3.org/2001/XMLSchema")
TYPE_OF_BYTES = f'xmlns:xsd="{XSD.uri}" xmlns:xsi="{XSI.uri}" xsi:type="xsd:base64Binary"'
NIL = f'xmlns:xsi="{XSI.uri}" xsi:nil="true"'
SPECIAL = re.compile(r"[&<]|(?:\A|(?<=\]))>")
SPECIAL_IN_ATTRIBUTE = re.compile(r'[&<"\n\t]')
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#xa;", "\t": "&#x9;"}
XML = "xml"

Scope = Mapping[str, str]
"""The uri of each prefix that is declared around a value."""


def write(value: Any, values: Values) -> str:
    """Return the document of an object with one root. Raise Failed for two roots or none, and for invalid names."""
    return _Writer(values).document(value)


class _Writer:
    """Writes one document. values may hold `namespaces`: those that the script declares."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._out = Output("XML")
        self._line = "\n" if values["indent"] else ""
        self._step = "  " if values["indent"] else ""
        self._skips_elements = values["skipNullOn"] in ("everywhere", "elements")
        self._skips_attributes = values["skipNullOn"] in ("everywhere", "attributes")
        self._names: set[str] = set()
        self._has_root = False

    def document(self, value: Any) -> str:
        if self._values["writeDeclaration"]:
            quote = '"' if self._values["doubleQuoteInDeclaration"] else "'"
            encoding = self._values["encoding"]
            self._out.put(f"<?xml version={quote}1.0{quote} encoding={quote}{encoding}{quote}?>{self._line}")
        schema = schema_of(value)
        if schema and is_object(schema.get("docType")):
            self._out.put(_doctype(schema["docType"]) + self._line)
        if not is_object(value):
            raise Failed(f"XML is written of an Object with one key, the root, not of {kind_of(value)}")
        self._entries(value, "", {}, 0)
        if not self._has_root:
            raise Failed("XML is written of an Object with one key, the root, not of an empty one")
        return self._in_charset(self._out.text())

    def _in_charset(self, document: str) -> str:
        """Return the document with references in place of the characters that its encoding lacks."""
        from engine.expressions.dataweave.formats.formats import codec_of_charset

        codec = codec_of_charset(self._values["encoding"])
        return document.encode(codec, "xmlcharrefreplace").decode(codec)

    def _entries(self, value: Any, indent: str, scope: Scope, depth: int) -> bool:
        """Write elements and texts; return whether the last one was an element."""
        self._out.check_depth(depth)
        is_element = False
        for key, each in value.items():
            if key == TEXT and each is not None and depth:
                self._out.put(self._content(each))
                is_element = False
            elif is_list(each) and len(each):
                for one in each:
                    self._element(key, one, indent, scope, depth, is_listed=True)
                is_element = True
            elif not self._is_skipped(key, each):
                self._element(key, each, indent, scope, depth)
                is_element = True
        return is_element

    def _element(self, key: str, value: Any, indent: str, scope: Scope, depth: int, *, is_listed: bool = False) -> None:
        if depth:
            self._out.put(f"{self._line}{indent}")
        else:
            self._check_root()
        tag, attributes, scope = self._start(key, scope, depth)
        self._out.put(f"<{tag}{attributes}")
        if is_object(value) and not self._is_hollow(value):
            self._out.put(">")
            is_element = self._entries(value, indent + self._step, scope, depth + 1)
            self._out.put(f"{self._line}{indent}</{tag}>" if is_element else f"</{tag}>")
        elif isinstance(value, bytes) or (isinstance(value, str) and self._is_for_base64(value)):
            self._bytes(tag, value)
        else:
            self._leaf(tag, value, is_listed)

    def _is_skipped(self, key: str, value: Any) -> bool:
        """Return whether an element is left out: one of null without attributes."""
        return value is None and self._skips_elements and not (isinstance(key, Key) and key.attributes)

    def _is_hollow(self, value: Any) -> bool:
        """Return whether nothing of an object is written."""
        return all(self._is_skipped(key, each) for key, each in value.items())

    def _check_root(self) -> None:
        if self._has_root:
            raise Failed("XML has one root: the Object has more than one key, or an Array below it")
        self._has_root = True

    def _leaf(self, tag: str, value: Any, is_listed: bool) -> None:
        """Write an element without elements; in a list an empty text keeps its two tags."""
        nil = f" {NIL}" if value is None and self._values["writeNilOnNull"] and not self._skips_elements else ""
        is_empty = value is None or is_object(value) or (isinstance(value, list) and not value)
        content = "" if is_empty else self._content(value)
        if content or self._values["inlineCloseOn"] != "empty" or (is_listed and value == ""):
            self._out.put(f"{nil}>{content}</{tag}>")
        else:
            self._out.put(f"{nil}/>")

    def _bytes(self, tag: str, value: str | bytes) -> None:
        content = value if isinstance(value, bytes) else value.encode()
        self._out.put(f" {TYPE_OF_BYTES}>{b64encode(content).decode()}</{tag}>")

    def _is_for_base64(self, content: str) -> bool:
        return self._values["onInvalidChar"] == "base64" and FORBIDDEN.search(content) is not None

    def _start(self, key: str, scope: Scope, depth: int) -> tuple[str, str, Scope]:
        """Return the name of a tag with its prefix, its declarations and attributes, and the scope inside."""
        declared = dict(scope)
        written = self._declarations(declared) if depth == 0 else []
        namespace = key.namespace if isinstance(key, Key) else None
        tag = self._qualified(self._name(key), namespace, declared, written)
        attributes = key.attributes if isinstance(key, Key) else None
        for name, value in attributes.items() if attributes else ():
            if value is None and self._skips_attributes:
                continue
            of_name = name.namespace if isinstance(name, Key) else None
            qualified = self._qualified(self._name(name), of_name, declared, written)
            written.append(f'{qualified}="{self._attribute(value)}"')
        return tag, "".join(f" {each}" for each in written), declared

    def _declarations(self, declared: dict[str, str]) -> list[str]:
        """Return the declarations of the root that properties ask for."""
        written: list[str] = []
        default = self._values["defaultNamespace"]
        if default:
            _declare("", default, declared, written)
        if str(self._values["writeDeclaredNamespaces"]).lower() == "all":
            for each in self._values.get("namespaces", ()):
                _declare(each.prefix, each.uri, declared, written)
        return written

    @staticmethod
    def _qualified(name: str, namespace: Namespace | None, declared: dict[str, str], written: list[str]) -> str:
        if namespace is None:
            return name
        prefix = namespace.prefix
        if prefix == XML:
            return f"xml:{name}"
        if declared.get(prefix, "") != namespace.uri:
            known = next((each for each, uri in declared.items() if uri == namespace.uri and each), None)
            if known is None:
                _declare(prefix, namespace.uri, declared, written)
            else:
                prefix = known
        return f"{prefix}:{name}" if prefix else name

    def _name(self, name: str) -> str:
        if name not in self._names:
            if not NAME.fullmatch(name):
                raise Failed("a key is no name of XML")
            self._names.add(str(name))
        return str(name)

    def _attribute(self, value: Any) -> str:
        content = "null" if value is None else text_of(value)
        if FORBIDDEN.search(content):
            raise Failed("an attribute has a character that no XML may hold")
        return SPECIAL_IN_ATTRIBUTE.sub(_escape, content)

    def _content(self, value: Any) -> str:
        content = value if type(value) is str else text_of(value)
        if FORBIDDEN.search(content):
            if self._values["onInvalidChar"] != "ignore":
                raise Failed("a text has a character that no XML may hold")
            content = FORBIDDEN.sub("", content)
        schema = schema_of(value)
        if schema and schema.get("cdata"):
            return f"<![CDATA[{content.replace(']]>', ']]]]><![CDATA[>')}]]>"
        content = SPECIAL.sub(_escape, content)
        if self._values["escapeGT"]:
            content = content.replace(">", "&gt;")
        return content.replace("\r", "&#xd;") if self._values["escapeCR"] else content


def _doctype(parts: Any) -> str:
    """Return the DOCTYPE that a value has as metadata. Raise Failed for one that would be no XML."""
    name, public, system, subset = (
        text_of(parts.get(key)) for key in ("rootName", "publicId", "systemId", "internalSubset")
    )
    if not NAME.fullmatch(name) or any(sign in public + system for sign in '"<>'):
        raise Failed("docType has a name or an address that no DOCTYPE may have")
    address = f' PUBLIC "{public}" "{system}"' if public else f' SYSTEM "{system}"' if system else ""
    return f"<!DOCTYPE {name}{address}{f' [{subset}]' if subset else ''}>"


def _declare(prefix: str, uri: str, declared: dict[str, str], written: list[str]) -> None:
    declared[prefix] = uri
    name = f"xmlns:{prefix}" if prefix else "xmlns"
    written.append(f'{name}="{SPECIAL_IN_ATTRIBUTE.sub(_escape, uri)}"')


def _escape(found: re.Match[str]) -> str:
    return ESCAPES[found[0]]
