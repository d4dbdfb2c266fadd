from __future__ import annotations

from engine import Config
from engine.connectors import Measures


class Shelf(Config):
    """A shelf that counts what is sold from it."""

    def measure(self, measures: Measures, place: str) -> None:
        measures.counter("shop_sold_total", "Sales", shelf=place)
