"""A server with its management port, and what operators ask of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus
from server.running import Running

OPEN_METRICS = "application/openmetrics-text"


class Operated(Running):
    """`engine serve --management` on free ports."""

    def __init__(self, folder: Path, *arguments: str, token: str = "", **options: Any) -> None:
        environment = {"ENGINE_MANAGEMENT_TOKEN": token} if token else {}
        super().__init__(folder, *arguments, "--management", "0", environment=environment, **options)
        self.address = next(line.split()[0] for line in self.printed if "operators" in line)
        self.operators = httpx.Client(base_url=self.address, timeout=30, trust_env=False)

    def __exit__(self, *error: object) -> None:
        self.operators.close()
        super().__exit__(*error)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.operators.get(path, **options)

    def command(self, path: str, **options: Any) -> httpx.Response:
        return self.operators.post(path, **options)

    def families(self) -> dict[str, Any]:
        """The measures by name, as Prometheus reads them; that OpenMetrics reads the same is checked beside."""
        families = {family.name: family for family in prometheus(self.get("/metrics").text)}
        strict = {family.name for family in open_metrics(self.get("/metrics", headers={"accept": OPEN_METRICS}).text)}
        assert set(families) <= strict  # in between, one may have come
        return families

    def value(self, name: str, **labels: str) -> float | None:
        """The sum of the samples of this name that have these labels, among others; None if there is none."""
        samples = [sample for family in self.families().values() for sample in family.samples]
        found = [each.value for each in samples if each.name == name and labels.items() <= each.labels.items()]
        return sum(found) if found else None

    def by(self, label: str, name: str, **labels: str) -> dict[str, float]:
        """The values of a measure by one of its labels."""
        samples = [sample for family in self.families().values() for sample in family.samples]
        found = [each for each in samples if each.name == name and labels.items() <= each.labels.items()]
        return {each.labels[label]: each.value for each in found}

    def flow(self, name: str) -> dict[str, Any]:
        flows: list[dict[str, Any]] = self.get("/-/flows").json()["flows"]
        return next(flow for flow in flows if flow["name"] == name)


def names_in(page: str) -> set[str]:
    """The measures that a table of a page names in its first column."""
    return set(re.findall(r"^\| `([a-z][a-z0-9_]+)`", page, re.MULTILINE))
