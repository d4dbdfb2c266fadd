"""The API files of an application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from engine.mule.apis.raml import RamlMistake, openapi_of

CLASSPATH = ("classpath://", "classpath:")
RAML = "#%RAML 1.0"


class Apis:
    """Finds the documents of APIs. read: returns a file of the resources, or None."""

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        self._read = read
        self.written: dict[str, str] = {}
        """OpenAPI files that were made of RAML, by their names."""

        self.known: dict[str, Any] = {}
        """The documents of APIs by the names of their files."""

        self.problem = ""
        """Why the last file that was asked for does not serve."""

    def document(self, name: str) -> Any:
        """Return the API as apikit:config has it: the name of an OpenAPI file; None if there is none that serves."""
        for prefix in CLASSPATH:
            name = name.removeprefix(prefix)
        self.problem = "it is not among the resources"
        found = self._file(name.removeprefix("/"))
        if found is None:
            return None
        file, data = found
        text = data.decode("utf-8", "replace")
        if text.lstrip("\ufeff").startswith("#%RAML"):
            return self._of_raml(file)
        self.problem = "it is neither RAML 1.0 nor OpenAPI 3"
        try:
            document = yaml.safe_load(text)
        except yaml.YAMLError:
            return None
        if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
            return None
        self.known[file] = document
        return file

    def _file(self, name: str) -> tuple[str, bytes] | None:
        for each in (name, f"api/{name}"):
            data = self._read(each) if each and not each.startswith("resource::") else None
            if data is not None:
                return each, data
        return None

    def _of_raml(self, file: str) -> str | None:
        target = f"{file.removesuffix('.raml')}.openapi.yaml"
        try:
            document = openapi_of(file, self._read)
        except RamlMistake as mistake:
            self.problem = str(mistake)
            return None
        self.known[target] = document
        self.written[target] = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
        return target
