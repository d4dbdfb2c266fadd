"""The results of test files, in the XML that CI servers read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from engine.testing.session import Result
from engine.testing.working import FileResult

UNWRITABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot represent, not even escaped."""


def as_junit(files: Sequence[FileResult]) -> str:
    """Return a `testsuites` document: a suite for each file, a test case for each case."""
    root = Element("testsuites")
    for file in files:
        _suite(root, file)
    indent(root)
    text = UNWRITABLE.sub("", tostring(root, encoding="unicode"))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _suite(root: Element, file: FileResult) -> None:
    statuses = [result.status for result in file.results]
    counts = {
        "tests": len(statuses) + bool(file.broken),
        "failures": statuses.count("failed"),
        "errors": int(bool(file.broken)),
        "skipped": statuses.count("skipped"),
    }
    seconds = sum(result.seconds for result in file.results)
    attributes = {name: str(count) for name, count in counts.items()}
    name = file.results[0].suite if file.results else file.file
    suite = SubElement(root, "testsuite", {"name": name, "time": f"{seconds:.3f}", **attributes})
    for result in file.results:
        _case(suite, result)
    if file.broken:
        broken = SubElement(suite, "testcase", {"name": file.file, "classname": name})
        SubElement(broken, "error", {"message": "the test file is broken"}).text = file.broken


def _case(suite: Element, result: Result) -> None:
    attributes = {"name": result.name, "classname": result.suite, "file": result.file, "line": str(result.line)}
    case = SubElement(suite, "testcase", {**attributes, "time": f"{result.seconds:.3f}"})
    if result.status == "failed":
        SubElement(case, "failure", {"message": result.text.strip()[:200]}).text = result.text
    elif result.status == "skipped":
        SubElement(case, "skipped", {"message": result.text})
