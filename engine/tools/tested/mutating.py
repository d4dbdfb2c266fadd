"""`engine test --mutate`: mistakes are made in the flows, and those that no case catches are reported."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from engine.testing.files.choosing import find_test_files
from engine.testing.mutated.mutating import caught, run_mutants, survivors
from engine.testing.working import Order, run_files

ENOUGH = 95.0
"""Percent of the mistakes that cases must catch, if nobody says how many."""

ROW = 60
MARKS = {"caught": ".", "survived": "S", "refused": "-"}


def mutate(paths: Sequence[str], order: Order, workers: int | None, least: float | None) -> int:
    """Run the test files on flows with one mistake each; exit code 1 if less than `least` percent are caught."""
    files = find_test_files([Path(path) for path in paths])
    if not files:
        return _fail(f"no *.test.yaml in {', '.join(paths)}")
    workers = workers or os.cpu_count() or 1
    if red := [each.file for each in run_files(files, order, workers) if each.has_failed]:
        return _fail(f"cases fail without any mistake: {', '.join(red)}")
    mutants = []
    for mutant in run_mutants(files, replace(order, stops=True), workers):
        mutants.append(mutant)
        click.echo(MARKS[mutant.fate], nl=len(mutants) % ROW == 0)
    click.echo()
    for line in survivors(mutants):
        click.echo(line)
    return 1 if caught(mutants) < (ENOUGH if least is None else least) else 0


def _fail(message: str) -> int:
    click.echo(f"engine: {message}", err=True)
    return 1
