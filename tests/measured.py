"""What an application has counted, as a scrape tells it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from engine import Application
from engine.operation.scrape import scrape


def samples(app: Application, name: str, labels: dict[str, str]) -> list[Any]:
    text, _ = scrape(app.measures)
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return [sample for sample in found if sample.name == name and labels.items() <= sample.labels.items()]


def measured(app: Application, name: str, **labels: str) -> float:
    """The sum of the samples of this name that have these labels, among others; there is one at least."""
    found = samples(app, name, labels)
    assert found, (name, labels)
    return float(sum(sample.value for sample in found))


def measured_by(app: Application, label: str, name: str, **labels: str) -> dict[str, float]:
    """The values by one of the labels."""
    return {sample.labels[label]: sample.value for sample in samples(app, name, labels)}


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that nobody tells: it is asked for, as a scrape is."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  # nobody tells it
            await asyncio.sleep(0.01)
