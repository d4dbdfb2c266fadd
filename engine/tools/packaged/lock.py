"""The requirements of flows: exact versions of the engine, of what it needs, and of what the flows need beside it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from engine.tools.packaged.contents import PackageError

ENGINE = "flow-engine"
GROUPS = ("engine.processors", "engine.functions")
"""The entry points by which installed packages extend the engine."""

NOT_FOR_SERVERS = {"test", "properties"}
"""Extras of the engine that nothing needs that is served."""


class Need(NamedTuple):
    """An installed distribution that is needed, with some of its extras."""

    name: str
    extras: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Lock:
    """The requirements, `name==version` each, the engine's first.

    extras: those of the engine. unpublished: distributions that were installed from a folder, a file or a repository:
    an index may not have these versions.
    """

    requirements: tuple[str, ...]
    extras: tuple[str, ...]
    unpublished: tuple[str, ...]

    def text(self) -> str:
        """Return the lines of a requirements file."""
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        head = f"# What these flows were checked with, under Python {python} on {sys.platform}.\n"
        return head + "".join(f"{line}\n" for line in self.requirements)


def lock(imported: Iterable[str], extras: Iterable[str] = (), dependencies: Iterable[str] = ()) -> Lock:
    """Return the requirements of flows. Raise PackageError if one is not installed.

    imported: the modules that were imported when they were loaded. extras: further ones of the engine. dependencies:
    the project's own requirements.
    """
    declared, distributions = [_need(Requirement(each)) for each in dependencies], _distributions_of(imported)
    used = {*map(_extra, extras), *_extras_of(distributions)}
    used |= {extra for need in declared if need.name == ENGINE for extra in need.extras}
    needs = [Need(ENGINE, frozenset(used)), *map(Need, [*distributions, *_extensions()]), *declared]
    found = sorted(_closure(needs) - {ENGINE})
    engine = f"{ENGINE}[{','.join(sorted(used))}]" if used else ENGINE
    lines = [f"{engine}=={metadata.version(ENGINE)}", *(f"{name}=={metadata.version(name)}" for name in found)]
    return Lock(tuple(lines), tuple(sorted(used)), tuple(filter(_is_unpublished, [ENGINE, *found])))


def _extra(name: str) -> str:
    if name not in (known := _extras()):
        raise PackageError(f"flow-engine has no extra '{name}'; it has {', '.join(sorted(known))}")
    return name


@cache
def _extras() -> frozenset[str]:
    """Return the extras of the engine that servers may need."""
    return frozenset(metadata.metadata(ENGINE).get_all("Provides-Extra") or ()) - NOT_FOR_SERVERS


@cache
def _requirements(name: str) -> Sequence[Requirement]:
    """Return what an installed distribution requires. Raise PackageError if it is not installed."""
    try:
        return [Requirement(each) for each in metadata.requires(name) or ()]
    except metadata.PackageNotFoundError:
        raise PackageError(f"{name} is needed, and not installed: pip install {name}") from None


def _extensions() -> Iterator[str]:
    """Yield the installed packages that bring elements or functions."""
    for group in GROUPS:
        yield from (canonicalize_name(point.dist.name) for point in metadata.entry_points(group=group) if point.dist)


@cache
def _distributions() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def _distributions_of(modules: Iterable[str]) -> list[str]:
    """Return the distributions of modules, without those that come with the engine."""
    names = {module.partition(".")[0] for module in modules}
    own = _closure([Need(ENGINE)])
    found = {canonicalize_name(each) for name in names for each in _distributions().get(name, ())}
    return sorted(found - own)


def _extras_of(distributions: Iterable[str]) -> Iterator[str]:
    """Yield the extras of the engine that bring one of the distributions."""
    for requirement in _requirements(ENGINE):
        if requirement.marker is not None and canonicalize_name(requirement.name) in distributions:
            yield from (extra for extra in _extras() if requirement.marker.evaluate({"extra": extra}))


def _closure(needs: Iterable[Need]) -> set[str]:
    """Return the names of the distributions that are needed, directly or not, on this platform."""
    waiting, seen = list(needs), set[Need]()
    while waiting:
        need = waiting.pop()
        if need not in seen:
            seen.add(need)
            waiting += _needs_of(need)
    return {need.name for need in seen}


def _needs_of(need: Need) -> Iterator[Need]:
    for requirement in _requirements(need.name):
        markers = [{"extra": extra} for extra in (*need.extras, "")]
        if requirement.marker is None or any(map(requirement.marker.evaluate, markers)):
            yield _need(requirement)


def _need(requirement: Requirement) -> Need:
    return Need(canonicalize_name(requirement.name), frozenset(requirement.extras))


def _is_unpublished(name: str) -> bool:
    return metadata.distribution(name).read_text("direct_url.json") is not None


def imports_in(files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the modules that Python files import anywhere, inside functions too."""
    for name, content in files.items():
        if Path(name).suffix == ".py":
            for node in _nodes(content):
                if isinstance(node, ast.Import):
                    yield from (alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    yield node.module


def _nodes(content: bytes) -> Iterator[ast.AST]:
    with suppress(SyntaxError):  # it is no element that the flows use: they have been checked
        yield from ast.walk(ast.parse(content))
