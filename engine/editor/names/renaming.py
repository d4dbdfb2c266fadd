"""Rename: all places that have a name get another one, in all files, or none does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from engine.editor.names.index import Index
from engine.editor.names.mention import ELEMENT, FUNCTION, PROPERTY, ROW, TYPE, VARIABLE, Mention
from engine.editor.spans import Edit, Span
from engine.loading.files.data import NotFinite, resolve
from engine.loading.files.quoting import quoted
from engine.steps.authentication import AUTHENTICATION
from engine.values.errors import error_type
from engine.values.event import STATUS

ENGINES_OWN = {STATUS, "outboundHeaders", AUTHENTICATION}
"""Variables that the engine itself reads or sets."""
RULES = {
    VARIABLE: (r"[A-Za-z_]\w*", "letters, digits and _, not a digit first"),
    ROW: (r"[A-Za-z_][\w.-]*", "letters, digits, _, . and -"),
    PROPERTY: (r"[A-Za-z_][\w.-]*", "letters, digits, _, . and -"),
    TYPE: (r"[A-Za-z_][\w-]*:[A-Za-z_][\w-]*", "NAMESPACE:IDENTIFIER"),
}
USUAL = (
    r"[^\s'\"`\\#$\[\]{}](?:[^\n\r\t'\"`\\#$\[\]{}]{0,198}[^\s'\"`\\#$\[\]{}])?",
    "text without quotes and brackets",
)
PLAIN = re.compile(r"[A-Za-z_](?:[\w ./-]|:(?! ))*")
"""A text that needs no quotes in YAML, wherever it is."""


class Refused(Exception):
    """Why a name stays as it is, for its author."""


def prepare(index: Index, path: Path, offset: int) -> Mention:
    """Return the name that would be changed. Raise Refused, also if there is none."""
    mention = index.at(path, offset)
    if mention is None:
        raise Refused("there is no name here that could be changed")
    if mention.kind in (FUNCTION, ELEMENT):
        raise Refused(f"the {mention.kind} '{mention.name}' has its name from Python, and is renamed there")
    if mention.kind == VARIABLE and mention.name in ENGINES_OWN:
        raise Refused(f"the engine itself uses the variable '{mention.name}'")
    if not index.names().definitions(mention):
        raise Refused(f"nothing in these files defines the {mention.kind} '{mention.name}'")
    if mention.kind == TYPE and mention.name in index.site.catalog.error_types():
        raise Refused(f"the error type '{mention.name}' belongs to the engine or a connector")
    return mention


def rename(index: Index, path: Path, offset: int, name: str) -> list[Edit]:
    """Return the edits of all files. Raise Refused for a name that is taken or not allowed, or if one is not safe."""
    mention = prepare(index, path, offset)
    if name == mention.name:
        return []
    _check_name(index, mention, name)
    if broken := index.broken():
        raise Refused(f"{broken[0].name} cannot be read, so that the names in it are not known")
    edits = [_edit(index, each, mention.name, name) for each in index.names().same(mention)]
    for file in dict.fromkeys(edit.span.path for edit in edits):
        _check_file(index, file)
    return sorted(dict.fromkeys(edits))


def _check_name(index: Index, mention: Mention, name: str) -> None:
    pattern, allowed = RULES.get(mention.kind, USUAL)
    if not re.fullmatch(pattern, name):
        raise Refused(f"'{name}' is not allowed for a {mention.kind}: {allowed}")
    if mention.kind == VARIABLE and name in ENGINES_OWN:
        raise Refused(f"the engine itself uses the variable '{name}'")
    if mention.kind == TYPE and str(error_type(name)) in index.site.catalog.error_types():
        raise Refused(f"the error type '{name}' belongs to the engine or a connector")
    if index.names().is_taken(mention, name):
        raise Refused(f"there is a {mention.kind} '{name}' already")
    if mention.kind == PROPERTY and (other := _around(index, name, mention.name)):
        raise Refused(f"'{name}' cannot be a property beside '{other}': one would be inside of the other")


def _around(index: Index, name: str, own: str) -> str | None:
    others = {each.name for each in index.names().all(PROPERTY)} - {own}
    return next((each for each in others if each.startswith(f"{name}.") or name.startswith(f"{each}.")), None)


def _check_file(index: Index, file: Path) -> None:
    """Refuse a file that lies elsewhere: a link leads to it."""
    folders = [folder.resolve() for folder in (index.site.folder, index.site.project.folder) if folder]
    if not any(file.resolve().is_relative_to(folder) for folder in folders):
        raise Refused(f"{file.name} lies outside of the project, and has the name, too")


def _edit(index: Index, mention: Mention, old: str, new: str) -> Edit:
    span = index.span(mention)
    text = index.document(span.path).text[span.start : span.end]
    hidden = old.removesuffix(text)  # the parts of a dotted property around it
    if not old.endswith(text) or not new.startswith(hidden):
        where = f"{Path(mention.place.file).name}:{mention.place.line}"
        reason = f"inside of '{hidden[:-1]}', which '{new}' is not" if old.endswith(text) else "written in another way"
        raise Refused(f"at {where} '{old}' is {reason}")
    return Edit(span, _written(mention, new.removeprefix(hidden)))


def _written(mention: Mention, name: str) -> str:
    """Return the name as it must be written where the mention is, so that YAML reads this name."""
    if mention.style:
        return name  # no name that is allowed needs an escape in quotes, or in a block
    is_text = PLAIN.fullmatch(name) and not name.endswith((":", " ")) and _is_text(name)
    if not mention.is_whole and (": " in name or name.endswith(":")):
        place = mention.place
        raise Refused(f"at {Path(place.file).name}:{place.line} '{name}' would need quotes around the whole text")
    return name if is_text or not mention.is_whole else quoted(name)


def _is_text(name: str) -> bool:
    try:
        return isinstance(resolve(name, name), str)
    except NotFinite:
        return False


def edited_files(edits: list[Edit]) -> Iterator[tuple[Path, list[Edit]]]:
    """Yield each file with its edits."""
    for path in dict.fromkeys(edit.span.path for edit in edits):
        yield path, [edit for edit in edits if edit.span.path == path]


def placeholder(index: Index, mention: Mention) -> tuple[Span, str]:
    """Return the characters that an editor offers for change, and the name that it shows."""
    return index.span(mention), mention.name
