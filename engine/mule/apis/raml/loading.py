"""RAML files as data, with what they include."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

import yaml

Read = Callable[[str], bytes | None]
DEEPEST_INCLUDES = 20
MOST_INCLUDES = 2_000
HEAD = "#%RAML 1.0"
YAML = (".raml", ".yaml", ".yml")


class RamlMistake(Exception):
    """A file of RAML that cannot be converted. As text: the reason."""


class Files:
    """Reads the files of an API. read: returns a file of the resources, or None."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._count = 0
        self._known: dict[str, Any] = {}

    def load(self, name: str, depth: int = 0) -> Any:
        """Return a file as data, its includes in it; another kind of file is a text. Raise RamlMistake."""
        self._count += 1
        if depth > DEEPEST_INCLUDES or self._count > MOST_INCLUDES:
            raise RamlMistake(f"{name} is included too often, or includes itself")
        if name not in self._known:
            self._known[name] = self._loaded(name, depth)
        return self._known[name]

    def _loaded(self, name: str, depth: int) -> Any:
        data = self._read(name)
        if data is None:
            raise RamlMistake(f"{name} is not there")
        text = data.decode("utf-8-sig", "replace")
        if not name.endswith(YAML):
            return text
        loader = _loader(self, name, depth)(text.replace("\t", "  "))
        try:
            return loader.get_single_data()
        except (yaml.YAMLError, RecursionError) as error:
            raise RamlMistake(f"{name} is no YAML: {str(error).splitlines()[0]}") from None
        finally:
            loader.dispose()


def _loader(files: Files, name: str, depth: int) -> Any:
    """Return a loader that follows the includes of a file."""

    class Loader(yaml.SafeLoader):
        pass

    def include(loader: yaml.SafeLoader, node: yaml.nodes.Node) -> Any:
        target = str(node.value).strip()
        place = target.lstrip("/") if target.startswith("/") else posixpath.join(posixpath.dirname(name), target)
        return files.load(posixpath.normpath(place), depth + 1)

    Loader.add_constructor("!include", include)  # type: ignore[no-untyped-call]
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Loader
