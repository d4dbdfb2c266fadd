"""`consumes` of a listener: which bodies it takes, and what the document tells of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from engine import Application, LoadError

FLOWS = """
configs:
  Api: {{http:listener-config: {{port: 8081}}}}
flows:
  order:
    source: {{http:listener: {{config-ref: Api, path: /orders, allowedMethods: POST, {parameters}}}}}
    steps: [{{foreach: {{steps: []}}}}, {{set-payload: {{value: taken}}}}]
"""
RECORDS = "consumes: 'application/x-ndjson, application/json'"


def load(folder: Path, parameters: str) -> Application:
    file = folder / "flows.yaml"
    file.write_text(FLOWS.format(parameters=parameters))
    return Application.load(file)


def post(app: Application, body: bytes, **headers: str) -> httpx.Response:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app.asgi()), base_url="http://test") as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.post("/orders", content=body, headers=named)

    return asyncio.run(send())


@pytest.mark.parametrize(
    ("consumes", "media_type", "status"),
    [
        (RECORDS, "application/x-ndjson", 200),
        (RECORDS, "application/x-ndjson; charset=utf-8", 200),
        (RECORDS, "application/jsonl", 200),
        (RECORDS, "Application/JSON", 200),
        (RECORDS, "", 200),
        (RECORDS, "text/csv", 415),
        (RECORDS, "text/plain", 415),
        (RECORDS, "application/problem+json", 415),
        (RECORDS, "nonsense", 415),
        ("consumes: [text/csv]", "text/csv", 200),
        ("consumes: [text/csv]", "", 415),
        ("consumes: [text/csv]", "application/json", 415),
        ("consumes: text/*", "text/csv", 200),
        ("consumes: text/*", "application/json", 415),
        ("consumes: '*/*'", "application/x-ndjson", 200),
    ],
)
def test_which_types_are_taken(consumes: str, media_type: str, status: int, tmp_path: Path) -> None:
    app = load(tmp_path, f"{consumes}, streaming: true")
    answer = post(app, b'["a"]\n' if "csv" not in media_type else b"a\n1\n", Content_Type=media_type)
    assert answer.status_code == status


def test_what_else_would_be_taken_is_told(tmp_path: Path) -> None:
    answer = post(load(tmp_path, f"streaming: true, {RECORDS}"), b"a\n1\n", Content_Type="text/csv")
    assert (answer.status_code, answer.headers["accept"]) == (415, "application/x-ndjson, application/json")
    assert answer.json()["detail"] == "the body can be one of application/x-ndjson, application/json"


def test_no_body_has_no_type(tmp_path: Path) -> None:
    app = load(tmp_path, f"streaming: true, {RECORDS}")
    assert post(app, b"", Content_Type="text/csv").status_code == 200


@pytest.mark.parametrize(
    ("parameters", "types"),
    [
        ("streaming: true", ["application/x-ndjson", "text/csv"]),
        (f"streaming: true, {RECORDS}", ["application/x-ndjson", "application/json"]),
        ("consumes: [application/json, application/vnd.api+json]", ["application/json", "application/vnd.api+json"]),
        ("schema: {type: object}, consumes: application/problem+json", ["application/problem+json"]),
    ],
)
def test_the_document_tells_them(parameters: str, types: list[str], tmp_path: Path) -> None:
    body = load(tmp_path, parameters).openapi()["paths"]["/orders"]["post"]["requestBody"]
    assert list(body["content"]) == types


@pytest.mark.parametrize("written", ["json", "5", "[]", "application/json; charset=utf-8", "[application/json, '']"])
def test_mistakes(written: str, tmp_path: Path) -> None:
    with pytest.raises(LoadError) as raised:
        load(tmp_path, f"consumes: {written if written[0] in '[5' else repr(written)}")
    assert "media types without parameters, such as application/json, text/*" in str(raised.value)
    assert "flows.yaml:6" in str(raised.value)
