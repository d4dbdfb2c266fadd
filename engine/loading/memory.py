"""What was built of flow files, for a process that loads them again and again: an editor, after each keystroke.

An entry is not built again if it is written and placed as before, and if all that was asked for while it was built
(configs, handlers, files) is the same. What building it noted is noted again: mistakes, mentions, warnings.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from engine.expressions.language import Language
from engine.loading.builder import Builder, reads_flow
from engine.loading.config.outside import Outside
from engine.loading.files.data import copied, stands_same
from engine.loading.files.document import Document
from engine.loading.files.place import Place
from engine.loading.placeholders import Filler
from engine.loading.recording import Holder, Recording
from engine.loading.sections import SHARED_NAMES, NamedEntry, Sections, read_file
from engine.parameters.element import Element
from engine.parameters.files import FileState, Resources, noting_files, state_of
from engine.steps.error_handler import ErrorHandler
from engine.work.clock import Clock
from engine.work.nesting import Runnable
from engine.work.runtime import Runtime

READ_ANEW = frozenset({"properties", "configuration-properties", "configuration"})
"""The sections that are read each time: they are small, and the rest depends on them."""
HANDLERS = ("error-handlers", "")
Key = tuple[str, str]
"""A section, and a name in it."""


class Loader(Protocol):
    """What loads an application with a memory."""

    sections: Sections

    @property
    def builder(self) -> Builder: ...

    @property
    def holders(self) -> list[Holder]:
        """All that building an entry may add to."""


class Superseded(Exception):
    """The files have changed while they were loaded: nobody needs the result."""


class LatestFlows(Mapping[str, Runnable]):
    """The flows by name as they are now. Elements have it that live on while other flows come and go."""

    def __init__(self) -> None:
        self.now: Mapping[str, Runnable] = {}

    def __getitem__(self, name: str) -> Runnable:
        return self.now[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.now)

    def __len__(self) -> int:
        return len(self.now)


class Memory:
    """The memory of one application.

    read: reads a property file. is_stale: tells whether the result is of no use any more; loading then ends with
    Superseded, and goes on with what it has got next time.
    """

    def __init__(
        self,
        read: Callable[[Path, type[Document]], Document] = read_file,
        is_stale: Callable[[], bool] = lambda: False,
    ) -> None:
        self.read = read
        self.is_stale = is_stale
        self.flows = LatestFlows()
        self.default_handler = ErrorHandler()
        self.outside: Outside | None = None
        """What was read outside of all properties: nobody is asked again after each keystroke."""
        self._runtime: Runtime | None = None
        self._answers: Any = None
        self._generation = 0
        """Counts how often configs or handlers have become others."""
        self._surroundings: Any = None
        self._folders: dict[str, Path] = {}
        self._copies: dict[str, _Copy] = {}
        self._entries: dict[Key, _Remembered] = {}

    def forget(self) -> None:
        """Have everything built anew."""
        self._surroundings, self.outside = None, None
        for known in (self._copies, self._entries, self._folders):
            known.clear()

    def forget_outside(self) -> None:
        """Have what files and providers keep read again."""
        self.outside = None
        self._copies = {file: copy for file, copy in self._copies.items() if not copy.is_from_outside}

    def suits(self, surroundings: Any) -> bool:
        """Return whether properties and settings are what they were; if not, everything is forgotten."""
        if surroundings == self._surroundings:
            return True
        outside = self.outside
        self.forget()
        self._surroundings, self.outside = surroundings, outside
        return False

    def runtime(self, clock: Clock | None) -> Runtime:
        """Return the one runtime of all elements, as a new one is: those that live on need not move to another."""
        if self._runtime is None:
            self._runtime = Runtime(clock)
        vars(self._runtime).pop("batch_jobs", None)
        vars(self._runtime).update(vars(Runtime(clock)), flows=self._runtime.flows)
        return self._runtime

    # What a loader works with

    def builder(self, *given: Any) -> Builder:
        """Return a builder that notes what is asked for. given: the arguments of any Builder."""
        return RememberingBuilder(*given, memory=self)

    def resources(self, folders: tuple[Path, ...]) -> Resources:
        """Return the files beside the flow files, likewise."""
        return AskedResources(folders)

    def holders(self, builder: Builder, filler: Filler) -> list[Holder]:
        """Return all that building an entry may add to."""
        mentions = builder.mentions
        own = ("mistakes", "warnings", "steps", "objecting", "text_files", "places", "lives")
        return [
            *((builder, name) for name in own),
            *((mentions, name) for name in ("flows", "wanted", "error_types", "raised")),
            (filler, "asked"),
        ]

    # Documents

    def copies(self, documents: Iterable[Document]) -> list[Document]:
        """Return copies of documents: their placeholders are filled in place, and stay so."""
        self._copies = {document.file: self._copy(document) for document in documents}
        return [copy.document for copy in self._copies.values()]

    def _copy(self, document: Document) -> _Copy:
        known = self._copies.get(document.file)
        if known is None or known.original is not document or known.is_spoilt:
            return _Copy(document)
        known.read_anew()
        return known

    def filled(self, filler: Filler, fill: Callable[[Any, str], None]) -> list[Document]:
        """Return the copies with their placeholders filled in; some may be other copies than before.

        fill: does so for one section of a document's data; for all of it, if that is no map.
        """
        self._copies = {file: copy.filled(filler, fill) for file, copy in self._copies.items()}
        return [copy.document for copy in self._copies.values()]

    def folder_of(self, file: str) -> Path:
        """Return the folder of a file, all links followed."""
        if file not in self._folders:
            self._folders[file] = Path(os.path.realpath(file)).parent
        return self._folders[file]

    # Entries

    def built(self, loader: Loader, key: Key, entry: NamedEntry, build: Callable[[], Any]) -> Any:
        """Return what an entry was built to; build it, if something is not as it was."""
        return self._built(loader, key, (entry,), build)

    def handlers(self, loader: Loader, build: Callable[[], dict[str, ErrorHandler]]) -> dict[str, ErrorHandler]:
        """Return the lists of handlers: they name each other, so all are built if one has changed."""
        entries = loader.sections["error-handlers"]
        found: dict[str, ErrorHandler] = self._built(loader, HANDLERS, tuple(entries.values()), build, tuple(entries))
        return found

    def note_answers(self, loader: Loader) -> None:
        """Note that all configs and lists of handlers are built: most entries need not look at each of them."""
        builder = loader.builder
        answers = (
            tuple(dict.items(builder.configs)), tuple(builder.handlers_by_name.items()), tuple(builder.handler_lists),
            builder.default_name,
        )  # fmt: skip
        if self._answers is None or not _are_same_answers(answers, self._answers):
            self._generation += 1
        self._answers = answers

    def _built(
        self, loader: Loader, key: Key, entries: tuple[NamedEntry, ...], build: Callable[[], Any], names: Any = ()
    ) -> Any:
        if self.is_stale():
            raise Superseded
        builder = loader.builder
        assert isinstance(builder, RememberingBuilder)
        languages = tuple(builder.languages.get(entry.place.file) for entry in entries) if builder.languages else ()
        known = self._entries.get(key)
        generation = self._generation if key[0] in SHARED_NAMES else -1
        if known and known.is_same(entries, names, languages) and known.still_holds(builder, generation):
            known.replay(loader)
            return known.built
        remembered = _Remembered(entries, names, languages, generation)
        remembered.build(loader, build)
        if key == HANDLERS:
            remembered.asked.forget_handlers()
        self._entries[key] = remembered
        return remembered.built

    def tidy(self, keys: Iterable[Key]) -> None:
        """Forget the entries that are there no more."""
        for key in self._entries.keys() - {HANDLERS, *keys}:
            del self._entries[key]


class _Copy:
    """A document whose placeholders are filled, and what filling them noted."""

    def __init__(self, original: Document) -> None:
        self.original = original
        self.document = original.copy()
        self.is_spoilt = False
        """Whether it is not filled as it would be another time: what is told once, may be told elsewhere then."""
        self.is_from_outside = False
        self._notes = Recording(())
        self._known_before: Any = None
        self._bare = list(_placeholders(original.data))

    def read_anew(self) -> None:
        """Have it as it is before anything is filled in, as far as anybody looks at it then."""
        data = self.original.data
        for section in READ_ANEW.intersection(data) if isinstance(data, dict) else ():
            self.document.data[section] = copied(data[section])
        for section, name in self._bare:
            self.document.data[section][name] = data[section][name]

    def filled(self, filler: Filler, fill: Callable[[Any, str], None]) -> _Copy:
        """Return it filled; another one, if other secrets are known now: a text that has one of them is one itself."""
        known = filler.known_secrets()
        if self._known_before not in (None, known):
            return _Copy(self.original).filled(filler, fill)
        data = self.document.data
        sections = [*data] if isinstance(data, dict) else [""]
        for section in READ_ANEW.intersection(sections):
            fill(data, section)
        if self._known_before is None:
            self._fill(filler, [section for section in sections if section not in READ_ANEW], fill)
            self._known_before = known
        else:
            self._notes.replay(filler.holders())
        return self

    def _fill(self, filler: Filler, sections: Iterable[str], fill: Callable[[Any, str], None]) -> None:
        filler.forget_known()
        with Recording(filler.holders()) as self._notes:
            for section in sections:
                fill(self.document.data, section)
            self.is_from_outside = bool(filler.outside)
        self.is_spoilt = filler.has_cycles


def _placeholders(data: Any) -> Iterator[tuple[str, str]]:
    """Yield the sections and names of entries that are texts with placeholders."""
    for section, entries in data.items() if isinstance(data, dict) else ():
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            if isinstance(entry, str) and "${" in entry:
                yield section, name


class RememberingBuilder(Builder):
    """A builder that says what was asked for while it built something."""

    def __init__(self, *given: Any, memory: Memory) -> None:
        super().__init__(*given)
        self.configs = AskedConfigs()
        self.default_handler = memory.default_handler
        self.default_handler.handlers = ()
        self.asked = self.ask()
        self._are_reading: dict[int, bool] = {}
        """Whether the handlers read `flow`, by their `id`."""
        self.lives: list[tuple[Element, Place]] = []
        """The elements that were brought to life: those that are not built again are brought to another one."""

    def ask(self) -> Asked:
        """Return what is asked for from now on."""
        self.asked = Asked()
        assert isinstance(self.configs, AskedConfigs)
        assert isinstance(self.resources, AskedResources)
        self.configs.asked, self.resources.asked = self.asked, self.asked
        return self.asked

    def named_handler(self, name: Any, place: Place | None) -> ErrorHandler:
        found = super().named_handler(name, place)
        known = self.handlers_by_name.get(name) if isinstance(name, str) else None
        self.asked.handlers[str(name)] = known
        if known is None:
            self.asked.handler_names = tuple(self.handler_lists)
        elif self._reads_flow(known):
            self.asked.had_mistakes = self.has_mistakes
        return found

    def _reads_flow(self, handlers: ErrorHandler) -> bool:
        if id(handlers) not in self._are_reading:
            self._are_reading[id(handlers)] = reads_flow(handlers)
        return self._are_reading[id(handlers)]

    def error_handler(self, value: Any) -> ErrorHandler:
        if value is None:
            self.asked.default_name = self.default_name
        return super().error_handler(value)

    def bring_to_life(self, element: Element, place: Place) -> None:
        if type(element).live_in is not Element.live_in:
            self.lives.append((element, place))
        super().bring_to_life(element, place)


class AskedConfigs(dict[str, Any]):
    """The configs, and who asks for which."""

    asked: Asked

    def get(self, name: str, default: Any = None) -> Any:
        found = super().get(name, default)
        self.asked.configs[name] = found
        return found

    def items(self) -> Any:
        self.asked.all_configs = tuple(super().items())
        return super().items()


class AskedResources(Resources):
    """The files beside the flow files, and who asks for which."""

    asked: Asked

    def find(self, name: str) -> Path | None:
        found = super().find(name)
        self.asked.found[name] = found
        return found


@dataclass
class Asked:
    """What was asked for while an entry was built, with the answers."""

    configs: dict[str, Any] = field(default_factory=dict)
    all_configs: tuple[tuple[str, Any], ...] | None = None
    handlers: dict[str, ErrorHandler | None] = field(default_factory=dict)
    handler_names: tuple[str, ...] | None = None
    default_name: str | None = None
    had_mistakes: bool | None = None
    found: dict[str, Path | None] = field(default_factory=dict)
    files: dict[str, FileState | None] = field(default_factory=dict)
    """The states of the files that were read, by their paths."""

    def note_files(self, paths: Iterable[str]) -> None:
        self.files = {path: state_of(path) for path in paths}

    def forget_handlers(self) -> None:
        """Forget what lists of handlers asked for in each other."""
        self.handlers, self.handler_names, self.default_name = {}, None, None

    def still_holds(self, builder: RememberingBuilder) -> bool:
        """Return whether the same questions about configs and handlers have the same answers."""
        configs, handlers = builder.configs, builder.handlers_by_name
        return (
            all(dict.get(configs, name) is found for name, found in self.configs.items())
            and (self.all_configs is None or _are_same(self.all_configs, tuple(dict.items(configs))))
            and all(handlers.get(name) is found for name, found in self.handlers.items())
            and self.handler_names in (None, tuple(builder.handler_lists))
            and self.default_name in (None, builder.default_name)
        )

    def files_still_hold(self, builder: RememberingBuilder) -> bool:
        """Return whether the same is true of files, and of what was built before."""
        return (
            self.had_mistakes in (None, builder.has_mistakes)
            and all(Resources.find(builder.resources, name) == found for name, found in self.found.items())
            and all(state_of(path) == state for path, state in self.files.items())
        )


def _are_same_answers(some: Any, others: Any) -> bool:
    return some[2:] == others[2:] and _are_same(some[0], others[0]) and _are_same(some[1], others[1])


def _are_same(some: Sequence[tuple[str, Any]], others: Sequence[tuple[str, Any]]) -> bool:
    return len(some) == len(others) and all(
        name == other_name and value is other for (name, value), (other_name, other) in zip(some, others, strict=True)
    )


class _Remembered:
    """What was built of entries of one key, what was asked for, and what that noted."""

    def __init__(
        self, entries: tuple[NamedEntry, ...], names: Any, languages: tuple[Language | None, ...], generation: int
    ) -> None:
        """generation: of the answers that it has seen; -1 if it is built before there are all."""
        self.entries = entries
        self._generation = generation
        self.asked = Asked()
        self.built: Any = None
        self._names = names
        self._languages = languages
        self._notes = Recording(())

    def is_same(self, entries: tuple[NamedEntry, ...], names: Any, languages: tuple[Language | None, ...]) -> bool:
        """Return whether the entries are written and placed as they were, in the same languages."""
        return (
            names == self._names
            and languages == self._languages
            and len(entries) == len(self.entries)
            and all(map(_is_same, entries, self.entries))
        )

    def still_holds(self, builder: RememberingBuilder, generation: int) -> bool:
        """Return whether all that it asked for is what it was. generation: of the answers that there are now."""
        if generation != self._generation or generation < 0:
            if not self.asked.still_holds(builder):
                return False
            self._generation = generation
        return self.asked.files_still_hold(builder)

    def build(self, loader: Loader, build: Callable[[], Any]) -> None:
        builder = loader.builder
        assert isinstance(builder, RememberingBuilder)
        self.asked = builder.ask()
        with Recording(loader.holders) as self._notes, noting_files() as files:
            self.built = build()
        self.asked.note_files(files)

    def replay(self, loader: Loader) -> None:
        builder = loader.builder
        assert isinstance(builder, RememberingBuilder)
        before = len(builder.lives)
        self._notes.replay(loader.holders)
        lives = builder.lives[before:]
        del builder.lives[before:]
        for element, place in lives:
            builder.bring_to_life(element, place)


def _is_same(one: NamedEntry, other: NamedEntry) -> bool:
    if one.value is not other.value:
        return one[1:] == other[1:] and stands_same(one.value, other.value)
    return one.place is other.place or one[1:] == other[1:]
