"""Files of tests: how scripts read them, and where they are."""

from __future__ import annotations

import re

from engine.mule.application import LEFT_OUT, Application, content
from engine.mule.importing import MISSING, YAML, Imported
from engine.mule.munit.unfit import Unfit
from engine.mule.reports.report import Advice
from engine.mule.xml.nodes import Node

READ = re.compile(r"""MunitTools::getResourceAs(String|Stream|ReusableStream|ByteArray)\(\s*(['"])(.*?)\2\s*\)""")
WHOLE = re.compile(rf"\s*#\[\s*{READ.pattern}\s*\]\s*")
JSON = "application/json"
LEFT_READ = re.compile(r"MunitTools::getResourceAs\w+")
CLASSPATH = re.compile(r"^(?:classpath:(?://)?)?/?")
HIDDEN = Advice(
    "a file of the tests has the name of one of the application, which it hides in MUnit",
    "properties that differ go under `set` of the test file; rename other files",
    "S",
)


def read_here(node: Node) -> None:
    """Write the calls of MUnit's functions that read files, in an element and all inside, as `readUrl`."""
    for each in node.walk():
        each.attributes = {name: _read_here(_typed(value, each)) for name, value in each.attributes.items()}
        each.text = _read_here(each.text)


def _typed(text: str, node: Node) -> str:
    """Return an attribute that is the content of a file so that it is read as what it is.

    That is JSON; variables, which have no media type here, are read whatever they are.
    """
    whole = WHOLE.fullmatch(text) if "MunitTools" in text else None
    if whole is None:
        return text
    media_type = node.get("mediaType") or node.get("mimeType") or (JSON if whole[3].endswith(".json") else "")
    is_read = media_type.startswith(JSON) or (bool(media_type) and node.local_name.endswith("variable"))
    return f"#[{_call(whole, media_type.partition(';')[0])}]" if is_read else text


def check_reads(node: Node) -> None:
    """Raise Unfit for a call of such a function whose file is computed."""
    for each in node.walk():
        if LEFT_READ.search("\n".join([each.text, *each.attributes.values()])):
            why = "the name of the file is computed"
            raise Unfit(each, f"MunitTools::getResourceAs… in {each.name}", why, "readUrl of the file", "S")


def _read_here(text: str) -> str:
    return READ.sub(_call, text) if "MunitTools" in text else text


def _call(match: re.Match[str], media_type: str = "") -> str:
    name = CLASSPATH.sub("", match[3])
    media_type = media_type or ("application/octet-stream" if match[1] == "ByteArray" else "text/plain")
    return f"readUrl({match[2]}classpath://{name}{match[2]}, {match[2]}{media_type}{match[2]})"


def add_resources(application: Application, imported: Imported) -> None:
    """Copy the files of the tests to where scripts look for them: among those of the application."""
    for name, path in application.test_resources.items():
        data = content(path)
        if data is None or LEFT_OUT.fullmatch(name):
            continue
        node = Node("file", f"src/test/resources/{name}", 1)
        if imported.files.get(name, data) != data or name == MISSING:
            imported.report.add_gap(node, name, HIDDEN)
        elif "/" not in name and path.suffix in YAML:
            imported.report.add_note(node.file, 1, name, "it would be read as a flow file: it is not taken over")
        else:
            imported.files[name] = data
