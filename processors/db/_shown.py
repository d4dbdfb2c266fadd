"""How traces show statements, by OpenTelemetry's conventions for databases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from engine.connectors import Shown, SpanKind
from processors.db._places import TOKEN
from processors.db._sql import verb_of

SYSTEMS = {
    "sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql", "mariadb": "mariadb",
    "mssql": "microsoft.sql_server", "oracle": "oracle.db",
}  # fmt: skip
NAME = r"[\"`\[]?([\w$.]+)"
VALUE = re.compile(rf"{TOKEN.pattern}|(?<![\w$:?.])[0-9]+(?:\.[0-9]+)?\b", re.VERBOSE | re.DOTALL)
"""Quoted text and comments, as in TOKEN, and numbers."""

TABLES = {
    "INSERT": re.compile(rf"\bINTO\s+{NAME}", re.IGNORECASE),
    "REPLACE": re.compile(rf"\bINTO\s+{NAME}", re.IGNORECASE),
    "MERGE": re.compile(rf"\bINTO\s+{NAME}", re.IGNORECASE),
    "UPDATE": re.compile(rf"\bUPDATE\s+(?:OR\s+\w+\s+|ONLY\s+)?{NAME}", re.IGNORECASE),
    "DELETE": re.compile(rf"\bFROM\s+(?:ONLY\s+)?{NAME}", re.IGNORECASE),
    "SELECT": re.compile(rf"\bFROM\s+{NAME}(?!.*\b(?:FROM|JOIN)\b)(?![^()]*?,)", re.IGNORECASE | re.DOTALL),
}
"""Where the statements of a verb name their table; a SELECT, if it reads one only."""


def shown_statements(url: str, texts: Sequence[str]) -> Shown:
    """Return how the statements of a step are shown. Their values stay out, those that are written in the text, too."""
    texts = [VALUE.sub(_without_value, text).strip() for text in texts]
    verbs = list(dict.fromkeys(map(verb_of, texts)))
    operation = verbs[0] if len(verbs) == 1 else "BATCH"
    table = table_of(texts[0], operation) if len(texts) == 1 else ""
    attributes = {"db.operation.name": operation, "db.query.text": "; ".join(texts), **_place(url)}
    if table:
        attributes["db.collection.name"] = table
    return Shown(f"{operation} {table}".rstrip(), SpanKind.CLIENT, attributes)


def table_of(text: str, verb: str) -> str:
    """Return the table of a statement; empty if it is unknown, or if there are several."""
    found = TABLES[verb].search(text) if verb in TABLES else None
    return found[1] if found else ""


def system_of(url: str) -> str:
    """Return the kind of the database at a url, as the conventions name it."""
    return SYSTEMS.get(url.partition(":")[0].partition("+")[0].lower(), "other_sql")


def _without_value(token: re.Match[str]) -> str:
    return "?" if token[0][0] in "'eE$0123456789" else token[0]


def _place(url: str) -> dict[str, str | int]:
    system = system_of(url)
    place: dict[str, str | int] = {"db.system.name": system}
    try:
        parts = urlsplit(url)
        host, port, name = parts.hostname, parts.port, parts.path.strip("/")
    except ValueError:
        return place
    if system == "sqlite":
        return place
    found = {"server.address": host, "server.port": port, "db.namespace": name}
    return place | {key: value for key, value in found.items() if value}
