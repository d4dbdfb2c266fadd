"""JSON Schemas, compiled when the flow files are loaded; nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import unquote, urljoin

from pydantic_core import core_schema

from engine import Mistake, Validated, refuse, shown
from engine.connectors import TEXT, Resource, ResourceError, encode, read_json, read_yaml, typed

FOLDER = "file://flows/"
"""Stands for the folders of the flow files in references."""
YAML = (".yaml", ".yml")


class Schema(Validated):
    """A compiled schema: its validator, and the documents it is made of, by URI."""

    word = "JSON Schema"
    schema = typed("object", "boolean", "string")

    def __init__(self, contents: Any, base: str, read: Callable[[str], Any]) -> None:
        """read: returns the contents of another file by its name relative to the flows' folder; raises ValueError."""
        identifier = contents.get("$id") if isinstance(contents, Mapping) else None
        self._base = base
        self._identifier = urljoin(base, identifier) if isinstance(identifier, str) else base
        self._read = read
        self._refused = ""
        self.documents = {self._identifier: contents}
        self.validator = self._compiled(contents)

    def _compiled(self, contents: Any) -> Any:
        from jsonschema_rs import RegexOptions, validator_for  # few flows need it

        linear = RegexOptions()  # without look-around and back references: no text makes a pattern run for long
        try:
            return validator_for(
                contents,
                validate_formats=True,
                retriever=self._retrieve,
                base_uri=self._identifier,
                pattern_options=linear,
            )
        except (ValueError, RecursionError) as error:
            raise ValueError(self._refused or _reason(error)) from None

    def _retrieve(self, uri: str) -> Any:
        """Return the document of a reference: a file beside the schema, or in another folder of the flow files."""
        name = self._name(uri)
        try:
            if name is None:
                raise ValueError(f"it refers to '{_short(uri)}', and what is elsewhere is not fetched")
            self.documents[uri] = self._read(name)
        except ValueError as error:
            self._refused = self._refused or str(error)
            raise
        return self.documents[uri]

    def _name(self, uri: str) -> str | None:
        """Return the name of the file that a URI stands for; a schema's $id may give its own folder any name."""
        for root, folder in ((FOLDER, ""), (urljoin(self._identifier, "."), urljoin(self._base, ".")[len(FOLDER) :])):
            if uri.startswith(root):
                return folder + unquote(uri[len(root) :])
        return None

    @classmethod
    def of(cls, contents: Any) -> Self:
        """Compile the schema of a value; it refers to nothing but itself."""
        return cls(read_json(encode(contents)), FOLDER, _refuse_files)

    @classmethod
    def of_file(cls, file: Resource) -> Self:
        return cls(_parsed(file.name, file.text), urljoin(FOLDER, file.name), lambda name: _other(file, name))

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self | Any:
        """Accept contents in the flow file: a map, or a text in JSON or YAML."""
        if isinstance(value, cls):
            return value
        try:
            return cls.of(read_yaml(str(value)) if isinstance(value, str) else value)
        except ValueError as error:
            found = f"{shown(value)}, which is not a JSON Schema: {error},"
            refuse([Mistake("F303", found, "a map, or a text in JSON or YAML (draft 2020-12)")])


class SchemaFile(Schema):
    """The parameter that names a schema's file."""

    word = Resource.word
    schema = TEXT

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self | Any:
        if isinstance(value, Schema):
            return value
        file = Resource._validate(value, info)
        try:
            return cls.of_file(file)
        except ValueError as error:
            found = f"{shown(value)}, which is not a JSON Schema: {error},"
            refuse([Mistake("F303", found, "a file that holds one (draft 2020-12), in JSON or YAML")])


def _parsed(name: str, text: str) -> Any:
    return read_yaml(text) if name.endswith(YAML) else read_json(text.encode())


def _other(file: Resource, name: str) -> Any:
    try:
        return _parsed(name, file.others.read(name))
    except ResourceError as error:
        raise ValueError(f"it refers to '{_short(name)}', {error.wrong}") from None
    except ValueError as error:
        raise ValueError(f"it refers to '{_short(name)}', which cannot be read: {error}") from None


def _refuse_files(name: str) -> Any:
    raise ValueError(f"it refers to '{_short(name)}': only a schema in a file refers to others")


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:100]}…"


def _reason(error: Exception) -> str:
    """Return the library's message, on one line, and its place in the schema."""
    message = str(getattr(error, "message", error)).partition("\n")[0]
    place = "/".join(map(str, getattr(error, "instance_path", [])))
    return _short(message) + (f" at {_short(place)}" if place else "")
