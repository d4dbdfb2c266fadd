"""The API files of an application."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from engine.mule.application import content
from engine.mule.raml.openapi import openapi_of
from engine.mule.raml.reading import RamlError

CLASSPATH = ("classpath://", "classpath:")
IN_RAML = "#%RAML"
PLACES = ("", "api/")
"""The folders of the resources in which APIkit looks for a file."""


class Apis:
    """Finds the documents of APIs among the resources, by their names."""

    def __init__(self, resources: Mapping[str, Path]) -> None:
        self._resources = resources
        self.written: dict[str, str] = {}
        """OpenAPI files that were made of RAML, by their names."""

        self.known: dict[str, Any] = {}
        """The documents of APIs by the names of their files."""

        self.problem = ""
        """Why the last file that was asked for does not serve."""

        self.losses: list[str] = []
        """What the OpenAPI file that was made last does not say."""

        self._names: dict[str, str | None] = {}

    def document(self, name: str) -> str | None:
        """Return the name of the OpenAPI file for the API that a config names; None if there is none that serves."""
        if name not in self._names:
            self.losses = []
            self._names[name] = self._document(name)
        return self._names[name]

    def _document(self, name: str) -> str | None:
        for prefix in CLASSPATH:
            name = name.removeprefix(prefix)
        name = name.replace("\\", "/").removeprefix("/")
        file = next((each for place in PLACES if (each := f"{place}{name}") in self._resources), None)
        self.problem = "it is not among the resources"
        if file is None:
            return None
        text = (content(self._resources[file]) or b"").decode("utf-8-sig", "replace")
        return self._of_raml(file) if text.startswith(IN_RAML) else self._of_openapi(file, text)

    def _of_openapi(self, file: str, text: str) -> str | None:
        self.problem = "it is neither RAML nor OpenAPI 3"
        try:
            document = yaml.load(text, Loader=yaml.CSafeLoader)
        except yaml.YAMLError:
            return None
        if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
            return None
        self.known[file] = document
        return file

    def _of_raml(self, file: str) -> str | None:
        path = self._resources[file]
        target = f"{file.removesuffix('.raml')}.openapi.yaml"
        try:
            made = openapi_of(path, path.parents[file.count("/")])
        except RamlError as mistake:
            self.problem = str(mistake)
            return None
        self.losses = made.losses
        document = json.loads(json.dumps(made.document, default=str))
        self.known[target] = document
        self.written[target] = _written(document)
        return target


def _written(document: Any) -> str:
    text: str = yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=110)
    return text
