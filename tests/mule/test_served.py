"""Flows of Mule, imported and asked over HTTP, as `served.yaml` has them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from httpx import ASGITransport, AsyncClient
from mule.conftest import HEAD, imported

from engine import Application
from engine.mule.trial import write_files

CASES = yaml.safe_load((Path(__file__).parent / "served.yaml").read_text())
LISTENER = '<http:listener config-ref="L" path="/*">{}</http:listener>'
CONFIG = (
    '<http:listener-config name="L"><http:listener-connection host="127.0.0.1" port="8081"/></http:listener-config>'
)

MORE = 'xmlns:db="http://www.mulesoft.org/schema/mule/db" '


def application_of(case: dict[str, Any]) -> str:
    flow = f'<flow name="f">{LISTENER.format(case.get("listener", ""))}{case["flow"]}</flow>'
    return f"{HEAD.replace('xmlns:http', MORE + 'xmlns:http', 1)}{CONFIG}{case.get('xml', '')}{flow}</mule>"


@pytest.mark.parametrize("name", CASES)
def test_answer(name: str, tmp_path: Path) -> None:
    asyncio.run(_answered(CASES[name], tmp_path))


async def _answered(case: dict[str, Any], tmp_path: Path) -> None:
    done = imported(application_of(case))
    assert [gap.what for gap in done.report.gaps] == case.get("gaps", [])
    write_files(done.files, tmp_path)
    ask = {"method": "GET", "path": "/x", **case.get("ask", {})}
    app = Application.load(tmp_path)
    async with app, AsyncClient(transport=ASGITransport(app.asgi()), base_url="http://engine") as client:
        content, headers = ask.get("content"), ask.get("headers")
        answer = await client.request(ask["method"], ask["path"], content=content, headers=headers)
    expected = case["answer"]
    assert answer.status_code == expected["status"], answer.text
    is_json = "json" in answer.headers.get("content-type", "")
    assert (json.loads(answer.text) if is_json else answer.text) == expected["body"]
    assert {key: answer.headers[key] for key in expected.get("headers", {})} == expected.get("headers", {})
