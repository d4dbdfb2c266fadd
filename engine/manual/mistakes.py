"""`engine explain F504`: the meaning of a code, a wrong example with its message, and the same corrected."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from engine.application import Application
from engine.loading.catalog import discover
from engine.loading.diagnostic import LoadError
from engine.operation.connecting import mistakes_found
from engine.testing.files.suite import TestFile
from engine.testing.session import Session

FILE = Path(__file__).with_suffix(".yaml")
FLOWS = Path("flows")
FLOW_FILE = "flows/orders.yaml"

CHECK, TEST, CONNECT = "engine check", "engine test", "engine check --connect"
COMMANDS = {"F7": TEST, "F8": CONNECT}
"""Which command finds the mistakes whose codes begin like this; CHECK finds all others."""


@dataclass(frozen=True)
class MistakePage:
    """The page of a code: one sentence, and the files before and after the mistake is corrected."""

    code: str
    means: str
    wrong: Mapping[str, str]
    right: Mapping[str, str]

    @property
    def command(self) -> str:
        """The command that finds the mistake."""
        return COMMANDS.get(self.code[:2], CHECK)

    def sections(self) -> Iterator[tuple[str, str]]:
        """Yield the texts of the page, each with its title."""
        for name, text in self.wrong.items():
            yield f"{name}:" if text == self.right[name] else f"Wrong, {name}:", text
        yield f"`{self.command}` says:", report(self.wrong, self.command)
        for name, text in self.right.items():
            if text != self.wrong[name]:
                yield f"Right, {name}:", text


def pages() -> dict[str, MistakePage]:
    """Return the page of each code."""
    entries = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {
        code: MistakePage(code, entry["means"], _files(entry["wrong"]), _files(entry["right"]))
        for code, entry in entries.items()
    }


def _files(written: str | Mapping[str, str]) -> Mapping[str, str]:
    return {FLOW_FILE: written} if isinstance(written, str) else written


def report(files: Mapping[str, str], command: str = CHECK) -> str:
    """Return a command's report on the mistakes in files; empty if there are none."""
    with _laid_out(files) as packages:
        try:
            app = Application.load(FLOWS, processors=packages, env="", metrics=True)
            if command == TEST:
                for path in FLOWS.glob("*.test.yaml"):
                    Session(TestFile.read(path), discover()).check()
        except LoadError as error:
            return str(error)
        found = asyncio.run(mistakes_found(app)) if command == CONNECT else app.parts.warnings
        return "\n".join(map(str, found))


@contextmanager
def _laid_out(files: Mapping[str, str]) -> Iterator[set[str]]:
    """Write files into a folder of their own and work there; its packages can be imported meanwhile."""
    packages = {Path(name).parts[0] for name in files if name.endswith(".py")}
    with TemporaryDirectory() as folder, chdir(folder):
        for name, text in files.items():
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_text(text, encoding="utf-8")
        sys.path.insert(0, folder)
        try:
            yield packages
        finally:
            sys.path.remove(folder)
            for module in [name for name in sys.modules if name.partition(".")[0] in packages]:
                del sys.modules[module]
