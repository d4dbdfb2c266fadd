"""`engine check --connect`: the mistakes that only the systems behind the flows can find."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

from engine.application import Application
from engine.loading.diagnostic import Diagnostic
from engine.loading.files.place import Place
from engine.parameters.mistake import Mistake
from engine.stores.homes.urls import home_of
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
    found += [f"stateUrl: {reason}" async for reason in _homeless(app)]
    return list(map(Secrets(app.parts.secrets).hide, found))


async def _homeless(app: Application) -> AsyncIterator[str]:
    """Yield why the home of the application's state cannot be reached."""
    home = home_of(app.parts.runtime)
    if home is None:
        return
    try:
        await home.ping()
    except FlowError as error:
        yield error.detailed_description
    finally:
        await home.close()


def _told(mistakes: Iterable[Mistake]) -> Iterator[Diagnostic | Mistake]:
    for mistake in mistakes:
        place = mistake.place
        yield Diagnostic(mistake, place, _line(place)) if isinstance(place, Place) else mistake


def _line(place: Place) -> str:
    lines = Path(place.file).read_text(encoding="utf-8").splitlines()
    return lines[place.line - 1] if place.line <= len(lines) else ""
