"""One case as a text of its own: the examples of manual pages, and the conformance cases."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from engine.application import Application
from engine.loading.catalog import Catalog
from engine.loading.diagnostic import LoadError
from engine.loading.files.data import Map, Sequence
from engine.loading.files.document import Document
from engine.loading.sections import SECTIONS
from engine.testing.expected.outcome import Mismatch
from engine.testing.files.case import ACTIONS
from engine.testing.files.suite import SuiteLoader, TestFile, refuse_unreadable
from engine.testing.running import Running

CASE = "case"


async def run_case(
    text: str, catalog: Catalog, name: str = CASE, *, is_real: bool = False, running: type[Running] = Running
) -> list[Mismatch]:
    """Run a case; return the expectations that do not hold. running: how it is run.

    It is written as in a test file, with configs, flows, sub-flows and error-handlers beside its own keys as in a flow
    file. Instead of `expect`, `mistake` is a part of the message of a mistake, for flows that cannot be loaded. Sources
    are on, as in a server; persistent data lies in a folder of the case. It is kept from the world like any test,
    unless it `is_real`. Raise LoadError for a case with other mistakes.
    """
    document = Document(name, text)
    refuse_unreadable(document)
    mistake = document.data.pop("mistake", None)
    file = TestFile(as_test_file(document))
    loader = SuiteLoader(file, catalog, file.properties({}), None if is_real else file.isolation(), env="")
    if mistake is not None:
        return _refused(loader, str(mistake))
    loaded = loader.loaded()
    with TemporaryDirectory() as folder:
        loaded.parts.runtime.data_dir = Path(folder)
        async with Application(loaded.parts) as app:
            return await running(app, loaded, loaded.cases[CASE]).mismatches()


def as_test_file(document: Document) -> Document:
    """Return the document with its case among `cases`, as a test file has it."""
    whole, place = document.data, document.data.place
    own = [key for key in whole if key not in SECTIONS]
    case = Map(place).with_entries_of(whole, *own)
    if not any(action in case for action in (*ACTIONS, "run")):
        case.put("flow", CASE, place)  # it has a flow of that name
    if "sources" not in case:
        case.put("sources", True, place)
    cases = Map(place)
    cases.put(CASE, case, place)
    document.data = Map(place).with_entries_of(whole, *(key for key in whole if key in SECTIONS))
    document.data.put("cases", cases, place)
    document.data.put("files", Sequence(place), place)
    return document


def _refused(loader: SuiteLoader, wanted: str) -> list[Mismatch]:
    try:
        loader.load()
    except LoadError as error:
        return [] if wanted in str(error) else [Mismatch("mistake", wanted, str(error))]
    return [Mismatch("mistake", wanted, None)]
