"""Databases."""

from __future__ import annotations

import re
from typing import Any

from engine.mule.conversion.children import content, melted
from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Params, Rule
from engine.mule.conversion.texts import value_of
from engine.mule.elements.common import RECONNECTION, operation
from engine.mule.reports.report import Advice
from engine.mule.xml.nodes import Node

WITHOUT_BOUND = -1
CONFIG = {"config-ref": "db:config"}
DYNAMIC = Advice("SQL is never made of expressions here", "parameters (:name), or a choice between statements", "M")
ELSEWHERE = Advice(
    "there is no driver for it here", "db:config with a url of SQLite, PostgreSQL, MySQL or SQL Server", "M"
)
ALONE = Advice("a statement takes part in the transaction around it", "leave it out of the try scope", "S")
DELETED = "#[payload.affectedRows default payload]"
"""The result of a deletion as in Mule; a test may set it."""
IGNORED = "db:parameter-types fetchSize queryTimeoutUnit db:auto-generated-keys-column-indexes"
POOL = Rule(
    "db:pooling-profile",
    numbers="maxPoolSize minPoolSize",
    no_matter="acquireIncrement preparedStatementCacheSize maxWait maxWaitUnit maxIdleTime maxStatements "
    "excessConnectionsDelay testConnectionOnCheckout additionalProperties db:additional-properties",
    has_label=False,
)
OF_CONNECTIONS = {"reconnection": RECONNECTION, "db:pooling-profile": melted(POOL)}
IGNORED_IN_CONNECTIONS = (
    "db:connection-properties db:column-types useXaTransactions transactionIsolation cacheQueryTemplate"
)
EMBEDDED = ("jdbc:h2:", "jdbc:hsqldb:", "jdbc:derby:")
DIALECT = Advice(
    "it is a database of Java, and SQLite takes its place; what only its SQL has does not run there",
    "look through the statements (AUTO_INCREMENT, MERGE, functions of dates), or the url of a server",
    "S",
)
INIT = re.compile(r";INIT=((?:\\;|[^;])*)", re.IGNORECASE)
RUN_SCRIPT = re.compile(r"RUNSCRIPT\s+FROM\s+'(?:classpath:)?/?([^']+\.sql)'", re.IGNORECASE)
NUMBERED = re.compile(
    r"\b(?:INT|INTEGER|BIGINT|IDENTITY)(?:\s+(?:NOT\s+NULL|AUTO_INCREMENT|GENERATED\s+\w+(?:\s+DEFAULT)?\s+AS\s+IDENTITY))*"
    r"\s+PRIMARY\s+KEY(?:\s+AUTO_INCREMENT)?(?!\s*\()",
    re.IGNORECASE,
)
"""A column of H2 that numbers its rows, which in SQLite is one of type INTEGER."""
SCHEMES = {"mysql": "mysql+asyncmy", "mssql": "mssql+aioodbc", "oracle": "oracle+oracledb"}


def _connection(scheme: str, database: str) -> Any:
    """Return what makes the url of a connection to a server."""

    rule = Rule(
        f"db:{scheme}-connection",
        texts=f"host port {database} user password instanceName serviceName",
        children=OF_CONNECTIONS,
        no_matter=IGNORED_IN_CONNECTIONS,
        has_label=False,
    )

    def convert(conversion: Conversion, node: Node) -> Params:
        params = conversion.params(node, rule)
        host, port, name = (str(params.pop(each, "")) for each in ("host", "port", database))
        params.pop("instanceName", None)
        service = params.pop("serviceName", "")
        path = f"?service_name={service}" if service else name
        return {"url": f"{SCHEMES[scheme]}://{host}{':' * bool(port)}{port}/{path}", **params}

    return convert


def _generic(conversion: Conversion, node: Node) -> Params:
    rule = Rule(
        "db:generic-connection",
        texts="url user password",
        children=OF_CONNECTIONS,
        no_matter=f"driverClassName {IGNORED_IN_CONNECTIONS}",
        has_label=False,
    )
    params = conversion.params(node, rule)
    url = conversion.filled(str(params.get("url", "")))
    if url.startswith(EMBEDDED):
        conversion.report.add_gap(node, f"database {url.partition(';')[0]}", DIALECT)
        if script := INIT.search(url):
            params["initScript"] = _initial(script[1])
    return params


def _initial(script: str) -> str:
    """Return what H2 runs when it opens: statements, or the name of a file of them among the resources."""
    file = RUN_SCRIPT.fullmatch(script.strip())
    return file[1] if file else script.replace("\\;", ";")


def _statement(name: str, *, rows: str = "", children: Any = None, texts: str = "") -> Rule:
    return operation(
        name,
        f"sql queryTimeoutUnit transactionalAction {texts}",
        numbers=f"queryTimeout {rows}",
        flags="autoGenerateKeys" if name in ("db:insert", "db:update") else "",
        refs=CONFIG,
        children={
            "db:sql": _sql,
            "db:input-parameters": content("input-parameters"),
            **(children or {}),
        },
        no_matter=IGNORED.replace(" queryTimeoutUnit", ""),
        finish=_finish(name),
    )


def _sql(conversion: Conversion, node: Node) -> Params:
    return {"sql": value_of(node.text).strip()}


def _finish(name: str) -> Any:
    def finish(conversion: Conversion, node: Node, params: Params) -> Any:
        if params.pop("transactionalAction", "JOIN_IF_POSSIBLE") == "NOT_SUPPORTED":
            conversion.gap(node, "transactionalAction NOT_SUPPORTED", ALONE, is_whole=False)
        if params.get("maxRows") == WITHOUT_BOUND:
            del params["maxRows"]
        if isinstance(keys := params.get("autoGeneratedKeysColumnNames"), str):
            params["autoGeneratedKeysColumnNames"] = re.findall(r"[A-Za-z_][A-Za-z0-9_$]*", keys)
        if _is_embedded(conversion, node):
            params["sql"] = NUMBERED.sub("INTEGER PRIMARY KEY AUTOINCREMENT", str(params.get("sql", "")))
        if "#[" in str(params.get("sql", "")):
            conversion.gap(node, f"{name} with computed SQL", DYNAMIC)
            return None
        return _deleted(params) if name == "db:delete" else {name: params}

    return finish


def _deleted(params: Params) -> Any:
    """Return a deletion whose result is how many rows there were, as in Mule."""
    if "target" not in params:
        return [{"db:delete": params}, {"set-payload": {"value": DELETED}}]
    value = str(params.get("targetValue", "#[payload]"))
    return {"db:delete": {**params, "targetValue": DELETED if value.replace(" ", "") == "#[payload]" else value}}


def _is_embedded(conversion: Conversion, node: Node) -> bool:
    """Return whether an operation works with a database that SQLite stands in for."""
    config = conversion.globals.find("db:config", node.get("config-ref"))
    connection = config.child("db:generic-connection") if config is not None else None
    return connection is not None and conversion.filled(connection.get("url")).startswith(EMBEDDED)


def _columns(conversion: Conversion, node: Node) -> Params:
    names = [each.get("value") or each.text.strip() for each in node.elements] or node.text.split()
    return {"autoGeneratedKeysColumnNames": names}


KEYS = {"db:auto-generated-keys-column-names": _columns, "db:auto-generated-keys-columns-names": _columns}
BULK = {"db:bulk-input-parameters": content("bulk-input-parameters")}


def _outputs(conversion: Conversion, node: Node) -> Params:
    return {"output-parameters": [each.get("key") for each in node.elements]}


RULES = [
    _statement("db:select", rows="maxRows"),
    _statement("db:query-single"),
    _statement("db:insert", children=KEYS, texts="autoGeneratedKeysColumnNames"),
    _statement("db:update", children=KEYS, texts="autoGeneratedKeysColumnNames"),
    _statement("db:delete"),
    *(_statement(f"db:bulk-{name}", children=BULK) for name in ("insert", "update", "delete")),
    _statement(
        "db:stored-procedure",
        children={"db:output-parameters": _outputs, "db:in-out-parameters": content("in-out-parameters")},
    ),
    _statement("db:execute-script", texts="file"),
    _statement("db:execute-ddl"),
]
CONFIGS = [
    Rule(
        "db:config",
        children={
            "db:my-sql-connection": _connection("mysql", "database"),
            "db:mssql-connection": _connection("mssql", "databaseName"),
            "db:oracle-connection": _connection("oracle", "instance"),
            "db:generic-connection": _generic,
        },
        unfit={"db:derby-connection": ELSEWHERE, "db:data-source-connection": ELSEWHERE},
        known="name",
        no_matter="expiration-policy",
    )
]
