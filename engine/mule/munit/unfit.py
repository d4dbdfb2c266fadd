"""What keeps a test of MUnit from becoming a case."""

from __future__ import annotations

from engine.mule.reports.report import Advice
from engine.mule.xml.nodes import Node


class Unfit(Exception):
    """Something in a test that test files cannot say."""

    def __init__(self, node: Node, what: str, why: str, instead: str, effort: str = "S") -> None:
        super().__init__(f"{what}: {why}")
        self.node, self.what, self.advice = node, what, Advice(why, instead, effort)
