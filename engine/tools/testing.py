"""Cases as data: what is given, what runs, what is expected. The examples of manual pages are such cases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.application import Application
from engine.core.errors import FlowError
from engine.core.event import NOTHING, Event
from engine.core.expression import Expression
from engine.core.media import is_json, read_json
from engine.expressions.appended import settle
from engine.expressions.operators import equals
from engine.loading.catalog import Catalog
from engine.loading.diagnostic import LoadError, diagnose
from engine.loading.document import Document, Map, Sequence, as_data
from engine.loading.loader import Loader

CASE_KEYS = ("given", "run", "request", "expect", "mistake")
CASE = "case"


@dataclass(frozen=True)
class Mismatch:
    """An expectation that does not hold: the expression, what was wanted, what came."""

    expression: str
    wanted: Any
    got: Any

    def __str__(self) -> str:
        return f"{self.expression}: wanted {self.wanted!r}, got {self.got!r}"


async def run_case(text: str, catalog: Catalog, name: str = CASE) -> list[Mismatch]:
    """Run a case; what it expects in vain.

    `given` is an event (payload, attributes, vars), `run` steps, `request` a request instead (method,
    path, headers, body); configs, flows, sub-flows and error-handlers stand beside them as in a flow
    file. `expect` maps expressions to values: they see the event at the end, with `error` where the
    steps failed, and `status` where there was a request. Instead of it, `mistake` is a text that the
    message of a mistake holds, for what cannot be loaded. Sources are on, as in a server; what is
    persistent lies in a folder of the case. Raises LoadError for a case with other mistakes.
    """
    document = Document(name, text)
    if document.mistakes or not isinstance(document.data, Map):
        raise LoadError([diagnose(mistake, document) for mistake in document.mistakes])
    parts = {key: document.data.pop(key, None) for key in CASE_KEYS}
    if parts["run"] is not None:
        _add_flow(document.data, parts["run"])
    loader = Loader([document], catalog, {})
    if parts["mistake"] is not None:
        return _refused(loader, str(parts["mistake"]))
    loaded = loader.load()
    with TemporaryDirectory() as folder:
        loaded.runtime.data_dir = Path(folder)
        async with Application(loaded) as app:
            await app.listen()
            status, event = await _end(app, parts)
    compared = (_compare(name, wanted, event, status) for name, wanted in as_data(parts["expect"]).items())
    return [mismatch for mismatch in compared if mismatch]


def _refused(loader: Loader, wanted: str) -> list[Mismatch]:
    try:
        loader.load()
    except LoadError as error:
        return [] if wanted in str(error) else [Mismatch("mistake", wanted, str(error))]
    return [Mismatch("mistake", wanted, None)]


async def _end(app: Application, parts: dict[str, Any]) -> tuple[int | None, Event]:
    """The status, where there was a request, and the event at the end."""
    if parts["request"] is not None:
        return await _request(app, as_data(parts["request"]))
    return None, await _run(app, as_data(parts["given"] or {}))


def _add_flow(data: Map, steps: Sequence) -> None:
    flow = Map(steps.place)
    flow.put("steps", steps, steps.place)
    flows = data.get("flows") or Map(steps.place)
    flows.put(CASE, flow, steps.place)
    data.put("flows", flows, steps.place)


async def _run(app: Application, given: dict[str, Any]) -> Event:
    event = Event(
        payload=given.get("payload"), attributes=given.get("attributes", NOTHING), vars=dict(given.get("vars", {}))
    )
    try:
        return await app.flows[CASE].run(event)
    except FlowError as failure:
        return failure.event.with_error(failure) if failure.event else event


async def _request(app: Application, request: Any) -> tuple[int, Event]:
    import httpx  # a test dependency

    transport = httpx.ASGITransport(app.asgi())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        body = {"json": request["body"]} if "body" in request else {}
        answer = await client.request(request["method"], request["path"], headers=request.get("headers"), **body)
    media_type = answer.headers.get("content-type")
    payload = read_json(answer.content) if is_json(media_type) else answer.text
    return answer.status_code, Event(payload=payload, attributes={"headers": dict(answer.headers)})


def _compare(expression: str, wanted: Any, event: Event, status: int | None) -> Mismatch | None:
    got = status if expression == "status" else settle(Expression(expression).evaluate(event))
    return None if equals(got, wanted) else Mismatch(expression, wanted, got)
