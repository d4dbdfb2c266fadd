"""Random edits of flow files, as somebody types them, and what a fresh check says of the same texts."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.editor.site import Site
from engine.editor.texts import Change
from engine.editor.workspace import Workspace
from engine.loading.catalog import Catalog
from engine.loading.diagnostic import LoadError
from engine.loading.loader import Loader
from engine.loading.sections import read_documents
from engine.testing.files.suite import SuiteLoader, TestFile

FLOWS = Path(__file__).parent.parent / "flows"
CHARACTERS = " \n\t:-#[]{}\"'&*!|>%@`${}.,ax0😀é\0\r\u2028"
TOKENS = (
    "- ", "steps:", "flows:\n", "sub-flows:\n", "configs:\n", "error-handlers:\n", "#[payload.x]", "#[", "${db.url}",
    "${secret:x:abc}", "flow-ref: {name: upsert-single-record}", "- logger: {message: hi}", "- set-payload:",
    "error-handler: {ref: shared}", "type: ANY", "config-ref: Api", "&a ", "*a", "p('db.url')", "properties: {a: b}",
    "jobName: nightly", "name: shop", "maxFailures: 4", "{ref: others}", "flow-ref: {name: store}",
    "type: \"SHOP:GONE\"",
    "configuration: {defaultErrorHandler-ref: shared}", "name: {}", "<<: *a", "null", "true",
    "- raise-error: {type: A:B}",
)  # fmt: skip


class Typist:
    """Edits files at random, and takes some of it back, so that they are mostly right."""

    def __init__(self, seed: int, originals: dict[Path, str]) -> None:
        self._random = random.Random(seed)  # noqa: S311  # not for secrets
        self._originals = originals

    def edit(self, path: Path, source: str) -> str:
        """Return the text after one edit."""
        choose = self._random.random()
        if choose < 0.25:
            return self._originals[path]
        if choose < 0.5:
            return self._of_lines(source)
        start = self._random.randint(0, len(source))
        end = min(len(source), start + self._random.choice([0, 0, 0, 1, 1, 3, 20]))
        if choose < 0.75:
            words = [match.span() for match in re.finditer(r"[\w:.-]+", source)] or [(0, 0)]
            start, end = self._random.choice(words)
            return source[:start] + self._other_word(words, source) + source[end:]
        inserted = self._random.choice([*CHARACTERS, *TOKENS]) if self._random.random() < 0.8 else ""
        return source[:start] + inserted + source[end:]

    def _other_word(self, words: list[tuple[int, int]], source: str) -> str:
        if self._random.random() < 0.3:
            return self._random.choice(TOKENS)
        start, end = self._random.choice(words)
        return source[start:end]

    def _of_lines(self, source: str) -> str:
        lines = source.split("\n")
        at, to = self._random.randrange(len(lines)), self._random.randrange(len(lines))
        kind = self._random.randrange(5)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(to, lines[at])
        elif kind == 2:
            lines[at], lines[to] = lines[to], lines[at]
        elif kind == 3:
            lines[at] = "  " + lines[at]
        else:
            lines.insert(at, "")
        return "\n".join(lines)

    def choose(self, paths: Iterable[Path]) -> Path:
        return self._random.choice(sorted(paths))


class Copy:
    """A copy of an application, open in an editor."""

    def __init__(self, source: Path, folder: Path, seed: int, names: Iterable[str] = ("*",)) -> None:
        """names: patterns of the files that are copied."""
        folder.mkdir()
        for path in (path for name in names for path in source.glob(name) if path.is_file()):
            shutil.copy(path, folder)
        self.folder = folder
        files = [path for path in folder.iterdir() if path.suffix == ".yaml"]
        self.originals = {path: path.read_bytes().decode() for path in files}
        self.workspace = Workspace([folder])
        for path, text in self.originals.items():
            self.workspace.open(path, path.as_uri(), text, 1)
        self.site: Site = self.workspace.site_of(files[0])
        self.typist = Typist(seed, self.originals)
        self._version = 1

    def edit(self) -> None:
        """Edit one of its files in the editor."""
        path = self.typist.choose(self.originals)
        self._version += 1
        after = self.typist.edit(path, self.workspace.opened[path].source)
        self.workspace.change(path, [Change(after)], self._version)

    def look(self) -> None:
        """Check the flows as they are now, without the tests."""
        next(iter(self.site.check()))

    def differences(self) -> Iterator[str]:
        """Yield what the site says otherwise than a fresh check of the same files on the disk."""
        for path in self.originals:
            path.write_bytes(self.workspace.opened[path].source.encode(errors="surrogatepass"))
        told = sorted(str(each) for found in self.site.diagnostics().values() for each in found)
        fresh = sorted({str(each) for each in fresh_check(self.folder, self.site.catalog)})
        yield from (f"not there: {each}" for each in fresh if each not in told)
        yield from (f"too much: {each}" for each in told if each not in fresh)


def fresh_check(folder: Path, catalog: Catalog) -> Iterator[object]:
    """Yield what loading the flows of a folder finds, and each of its test files, with nothing remembered."""
    told = set()
    for loader in _loaders(folder, catalog):
        try:
            found = loader.load().warnings if not isinstance(loader, SuiteLoader) else loader.loaded().parts.warnings
        except LoadError as error:
            found = error.diagnostics
        for each in found:
            key = each.place.file, each.place.line, each.place.column, each.code
            if key not in told or not isinstance(loader, SuiteLoader):
                yield each
        told |= {(each.place.file, each.place.line, each.place.column, each.code) for each in found}


def _loaders(folder: Path, catalog: Catalog) -> Iterator[Loader]:
    yield Loader(read_documents([folder]), catalog, {}, is_check=True)
    for path in sorted(folder.glob("*.test.yaml")):
        file = TestFile.read(path)
        yield SuiteLoader(file, catalog, file.properties({}), file.isolation())
