"""What the tests of an application must know of its flows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.loading.catalog import discover
from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.missing import stub_of, texts_in
from engine.mule.conversion.properties import Settings
from engine.mule.conversion.texts import names_in
from engine.mule.importing import MISSING, Imported
from engine.mule.importing import raised_in as raised_by_steps
from engine.mule.munit.selecting import Steps
from engine.mule.writing.parts import Part, plain

ENCRYPTED = "!["
PORT = 1


class Known:
    """What is known of the flows.

    steps: those that mocks may mean. types: of errors that something raises. properties: those that have stubs.
    encrypted: values for the properties that are encrypted, since tests have no key.
    """

    def __init__(self, imported: Imported, conversion: Conversion, settings: Settings) -> None:
        self.steps = Steps(imported)
        sections = list(imported.sections.values())
        named = {each.upper() for each in discover().error_types()} | set(raised_by_steps(sections))
        self.types = named | {f"MULE:{each}" for each in ("ANY", "UNKNOWN")}
        self.properties = set(imported.sections.get(MISSING, {}).get("properties", {}))
        encrypted = [name for name, value in settings.values.items() if ENCRYPTED in value]
        self.encrypted = {name: self._stub(sections, name) for name in encrypted}

    def _stub(self, sections: list[dict[str, Any]], name: str) -> Any:
        """Return a value that fits where a property stands."""
        for _, key, text in (each for section in sections for each in texts_in(section, None, "")):
            if name in names_in(text):
                return PORT if "port" in name.lower() else stub_of(key, text, name)
        return f"test-{name}"


def raised_in(value: Any) -> Iterator[str]:
    """Yield the error types that mocks raise."""
    if isinstance(value, Part):
        yield from raised_in(value.value)
    elif isinstance(value, dict):
        if isinstance(raised := value.get("raise"), dict):
            yield str(plain(raised["type"])).upper()
        yield from (each for inner in value.values() for each in raised_in(inner))
    elif isinstance(value, list):
        yield from (each for inner in value for each in raised_in(inner))
