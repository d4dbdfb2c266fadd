"""What an application's pom.xml says: its name, properties that Maven fills in, libraries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.mule.xml.nodes import Node
from engine.mule.xml.reader import LARGEST, XmlMistake, read

FILE = "pom.xml"
OF_PROJECT = ("groupId", "artifactId", "version", "name", "description", "packaging")
INHERITED = ("groupId", "version")
PLACEHOLDER = re.compile(r"\$\{([^{}]+)\}")
OF_MULE = ("org.mule", "com.mulesoft")
PLUGINS = ("mule-plugin", "mule-domain")
MOST_PARENTS = 10
DEEPEST = 10


class Project:
    """A pom.xml. properties: `project.version` and its like, and those under `properties`, parents' included."""

    def __init__(self, root: Node | None = None, parents: Mapping[str, str] | None = None) -> None:
        self._root = root or Node("project", FILE, 1)
        self.properties = _filled({**(parents or {}), **self._own()})

    @property
    def name(self) -> str:
        """The name of its artifact; empty if it has none, or one that cannot be known."""
        found = self.properties.get("project.artifactId", "")
        return "" if "$" in found else found

    def _own(self) -> dict[str, str]:
        parent = _texts(_child(self._root, "parent"))
        own = {**{name: parent[name] for name in INHERITED if name in parent}, **_texts(self._root)}
        return {
            **_texts(_child(self._root, "properties")),
            **{f"project.parent.{name}": parent[name] for name in OF_PROJECT if name in parent},
            **{f"project.{name}": own[name] for name in OF_PROJECT if name in own},
        }

    def libraries(self) -> Iterator[str]:
        """Yield plug-ins that are not MuleSoft's: shared flows, modules, APIs of a company."""
        for each in self._root.walk():
            if each.local_name == "dependency":
                part = {name: filled(text, self.properties) for name, text in _texts(each).items()}
                is_plugin = part.get("classifier", "").startswith(PLUGINS)
                if is_plugin and not part.get("groupId", "").startswith(OF_MULE):
                    yield ":".join(part.get(name, "") for name in ("groupId", "artifactId", "version"))


def project_in(folder: Path) -> Project:
    """Return the project of a folder; one without anything if its pom.xml is not there, or cannot be read."""
    roots: list[Node] = []
    file: Path | None = folder / FILE
    while file is not None and len(roots) < MOST_PARENTS and (root := _read(file)) is not None:
        roots.append(root)
        file = _parent(file, root)
    project = Project()
    for root in reversed(roots):
        project = Project(root, {name: value for name, value in project.properties.items() if _is_inherited(name)})
    return project


def _is_inherited(name: str) -> bool:
    return not name.startswith("project.")


def _read(file: Path) -> Node | None:
    try:
        return read(file.read_bytes(), FILE) if file.is_file() and file.stat().st_size <= LARGEST else None
    except (OSError, XmlMistake):
        return None


def _parent(file: Path, root: Node) -> Path | None:
    """Return the pom.xml of the parent, if a project has one; it may not be there."""
    parent = _child(root, "parent")
    if parent is None:
        return None
    path = file.parent / (_texts(parent).get("relativePath") or "..")
    return path / FILE if path.is_dir() else path


def _child(node: Node, name: str) -> Node | None:
    return next((each for each in node.elements if each.local_name == name), None)


def _texts(node: Node | None) -> dict[str, str]:
    """Return the texts of the elements directly inside, by their names."""
    return {each.local_name: each.text.strip() for each in node.elements if not each.elements} if node else {}


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    return {name: filled(text, values) for name, text in values.items()}


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the values of the placeholders that are known."""
    for _ in range(DEEPEST):
        longer = PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)
        if longer == text or len(longer) > LARGEST:
            break
        text = longer
    return text
