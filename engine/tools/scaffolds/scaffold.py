"""`engine new`: a project to begin with, by itself or from an OpenAPI file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from engine.application import Application
from engine.expressions.functions.formats.formats import write
from engine.expressions.texts import text_of
from engine.formatting.files import is_ours
from engine.formatting.formatter import formatted
from engine.loading.catalog import discover
from engine.loading.diagnostic import LoadError
from engine.loading.files.document import Document
from engine.loading.project import FILE
from engine.loading.sections import SUFFIXES
from engine.tools.scaffolds.samples import Samples
from engine.tools.scaffolds.scaffold_tests import cases_of, passing
from engine.tools.scaffolds.schema_file import SCHEMA, modeline, schema_text
from engine.values.media import is_json, read_json, read_yaml

FLOWS = "flows"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
LISTENER = {"HTTP_Listener": {"http:listener-config": {"host": "${http.host:127.0.0.1}", "port": "${http.port:8081}"}}}

HELLO = """\
# GET http://127.0.0.1:8081/hello?name=Ada answers {"greeting": "Hello Ada"}.

configs:
  HTTP_Listener:
    http:listener-config: {host: "${http.host:127.0.0.1}", port: "${http.port:8081}"}

flows:
  hello:
    doc: Greet the caller.
    source:
      http:listener: {config-ref: HTTP_Listener, path: /hello, allowedMethods: GET}
    steps:
      - set-payload:
          value: {greeting: "Hello #[attributes.queryParams.name || 'world']"}
"""


HELLO_TEST = """\
# engine test %s runs these cases: without a server, in milliseconds.

cases:
  it greets by name:
    get: /hello
    given: {queryParams: {name: Ada}}
    expect: {status: 200, payload.greeting: Hello Ada}

  without a name it greets the world:
    get: /hello
    expect: {payload: {greeting: Hello world}}
"""

PROJECT = """\
[tool.engine]
paths = ["flows"]           # what `engine check`, `engine test` and `engine serve` work on in this folder
# processors = ["shop"]     # packages of elements of your own
# set = { "http.port" = 8082 }
"""

IGNORED = """\
# Data of the engine: stores, queues, batch jobs; the schema is for editors
.engine/*
!.engine/flows.schema.json
*.db
*.db-wal
*.db-shm
# What `engine docs build` and Python make
site/
__pycache__/
.venv/
# Secrets of this machine
.env
"""


class ScaffoldError(Exception):
    """A project that cannot be made; the message says why."""


def new_project(folder: Path, api: Path | None = None) -> list[Path]:
    """Write the files of a project, and return them. Raise ScaffoldError."""
    return write_project(folder, _hello(folder) if api is None else _tried(api, dict(_of_api(api))))


def write_project(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write files, with a project file and a .gitignore beside them, and return what was written.

    A project file or a .gitignore that is there already is kept. Raise ScaffoldError if another file is there.
    """
    if taken := next((name for name in files if (folder / name).exists()), None):
        raise ScaffoldError(f"'{folder / taken}' is there already")
    files = {name: _naming_schema(name, text) for name, text in files.items()}
    files[SCHEMA] = schema_text(discover())
    kept = {FILE: PROJECT, ".gitignore": IGNORED}
    files |= {name: text for name, text in kept.items() if not (folder / name).exists()}
    try:
        return _write(folder, files)
    except OSError as error:
        raise ScaffoldError(f"'{folder}' cannot be written: {error.strerror}") from error


def _naming_schema(name: str, text: str) -> str:
    """Return the text of a flow file or test file in our style, its schema in the first line for editors."""
    is_ours_too = name.startswith(FLOWS) and name.endswith(SUFFIXES) and is_ours(Document(name, text))
    return formatted(f"{modeline('..')}\n{text}", name) if is_ours_too else text


def _hello(folder: Path) -> dict[str, str]:
    return {f"{FLOWS}/hello.yaml": HELLO, f"{FLOWS}/hello.test.yaml": HELLO_TEST % folder}


def _tried(api: Path, files: dict[str, str]) -> dict[str, str]:
    """Return the files of a project for an API, tried out: without flows that do not load, and cases that fail."""
    with TemporaryDirectory() as trial:
        _write(Path(trial), files)
        try:
            Application.load(Path(trial) / FLOWS, env="")
        except LoadError as error:
            told = re.sub(rf"{re.escape(trial)}/{FLOWS}/api\.\w+", str(api).replace("\\", r"\\"), str(error))
            raise ScaffoldError(f"'{api}' has mistakes\n{told}") from None
        document = _document(api, files[f"{FLOWS}/api{api.suffix if api.suffix == '.json' else '.yaml'}"])
        cases = cases_of(document, _base(document))
        test = {f"{FLOWS}/operations.test.yaml": _yaml({"cases": cases})}
        if cases:
            _write(Path(trial), test)
            cases = passing(Path(trial) / next(iter(test)), cases)
    return files | ({f"{FLOWS}/operations.test.yaml": _yaml({"cases": cases})} if cases else {})


def _write(folder: Path, files: Mapping[str, str]) -> list[Path]:
    paths = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def _of_api(api: Path) -> Iterator[tuple[str, str]]:
    """Yield the files of a project for an API: the API, the flow that routes to its operations, a flow for each."""
    try:
        text = text_of(api.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise ScaffoldError(f"'{api}' cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}") from None
    document = _document(api, text)
    name = f"api.{'json' if api.suffix == '.json' else 'yaml'}"
    yield f"{FLOWS}/{name}", text
    yield f"{FLOWS}/main.yaml", _yaml(_main(document, name))
    operations = dict(_operations(document))
    if operations:
        yield f"{FLOWS}/operations.yaml", _yaml({"flows": operations})


def _document(api: Path, text: str) -> dict[str, Any]:
    is_in_json = api.suffix == ".json"
    try:
        document = read_json(text.encode()) if is_in_json else read_yaml(text)
    except ValueError as error:
        raise ScaffoldError(f"'{api}' is no {'JSON' if is_in_json else 'YAML'}: {error}") from None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise ScaffoldError(f"'{api}' is no OpenAPI 3 file: 'openapi: 3.1.0', or another 3.x, stands at the top of one")
    return document


def _yaml(value: Any) -> str:
    return str(write.call(value, "application/yaml"))


def _main(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    listener = {"config-ref": "HTTP_Listener", "path": f"{_base(document)}/*"}
    main = {
        "doc": "Check each request against the API, and run the flow of its operation.",
        "source": {"http:listener": listener},
        "steps": [{"apikit:router": {"config-ref": "Api"}}],
    }
    return {"configs": {**LISTENER, "Api": {"apikit:config": {"api": name}}}, "flows": {"main": main}}


def _base(document: Mapping[str, Any]) -> str:
    """Return the path of the first server, if it is a plain one; otherwise /api."""
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    url = first.get("url", "") if isinstance(first, dict) else ""
    path = urlsplit(url).path.rstrip("/") if isinstance(url, str) else ""
    return path if re.fullmatch(r"(?:/[A-Za-z0-9._~-]+)+", path) else "/api"


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    samples = Samples(document)
    for path, item in (document.get("paths") or {}).items():
        for method, operation in (samples.resolved(item) or {}).items():
            if method in METHODS and isinstance(operation, dict):
                name = re.sub(r"\{([^{}/]+)\}", r"(\1)", str(path)).replace("/", "\\")
                yield f"{method}:{name}", _flow(samples, operation)


def _flow(samples: Samples, operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return a flow that answers the example of an operation's first success."""
    status, media_type, example = samples.answer(operation)
    payload = {"value": _escaped(example)} | ({} if is_json(media_type) or not media_type else {"mimeType": media_type})
    steps: list[Any] = [{"set-payload": payload}]
    if status != 200:
        steps.append({"set-variable": {"variableName": "httpStatus", "value": status}})
    doc = operation.get("summary") or operation.get("description")
    return ({"doc": _escaped(str(doc))} if doc else {}) | {"steps": steps}


def _escaped(value: Any) -> Any:
    """Return the value for a flow file: texts that look like an expression or a placeholder are escaped."""
    if isinstance(value, str):
        return value.replace("#[", "\\#[").replace("${", "\\${")
    if isinstance(value, dict):
        return {str(key): _escaped(each) for key, each in value.items()}
    return [_escaped(each) for each in value] if isinstance(value, list) else value
