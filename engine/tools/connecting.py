"""`engine check --connect`: the mistakes that only the systems behind the flows can find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.application import Application
from engine.loading.diagnostic import Diagnostic
from engine.loading.files.place import Place
from engine.parameters.mistake import Mistake
from engine.values.errors import FlowError
from engine.values.secrets import Secrets


async def mistakes_found(app: Application) -> list[str]:
    """Try out the configs, and return the mistakes in printed form. Nothing is started, nothing changed."""
    found: list[str] = []
    for name, config in app.parts.configs.items():
        try:
            found += map(str, _told(await config.probe()))
        except FlowError as error:
            found.append(f"the config '{name}': {error.detailed_description or error.description}")
        finally:
            await config.stop()
    return list(map(Secrets(app.parts.secrets).hide, found))


def _told(mistakes: Iterable[Mistake]) -> Iterator[Diagnostic | Mistake]:
    for mistake in mistakes:
        place = mistake.place
        yield Diagnostic(mistake, place, _line(place)) if isinstance(place, Place) else mistake


def _line(place: Place) -> str:
    lines = Path(place.file).read_text(encoding="utf-8").splitlines()
    return lines[place.line - 1] if place.line <= len(lines) else ""
