"""GET /openapi.json and GET /docs: where they answer, and what a browser needs of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from running import Running

from engine import Application
from engine.openapi.pages import FILES

OURS = {"index.html", "start.js", "LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"}
EVERY = "0.0.0.0"  # noqa: S104  # nothing is served there but by a test
Ask = Callable[..., httpx.Response]

FLOWS = """
configs:
  Api: {{http:listener-config: {{host: {host}, port: 0, {config}}}}}
flows:
  it:
    source: {{http:listener: {{config-ref: Api, path: {path}}}}}
    steps: [{{set-payload: {{value: mine}}}}]
"""


def client(folder: Path, host: str = "127.0.0.1", config: str = "", path: str = "/it") -> Ask:
    """What asks the flows for a path."""
    file = folder / "flows.yaml"
    file.write_text(FLOWS.format(host=host, config=config, path=path))
    app = Application.load(file).asgi()

    async def send(path: str, method: str, **request: object) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as asked:
            return await asked.request(method, path, **request)  # type: ignore[arg-type]

    return lambda path, method="GET", **request: asyncio.run(send(path, method, **request))


@pytest.mark.parametrize(
    ("host", "config", "status"),
    [
        ("127.0.0.1", "", 200),
        ("'::1'", "", 200),
        ("localhost", "", 200),
        (EVERY, "", 404),
        ("example.org", "", 404),
        (EVERY, "apiDocs: true", 200),
        ("127.0.0.1", "apiDocs: false", 404),
    ],
)
def test_where_they_answer(host: str, config: str, status: int, tmp_path: Path) -> None:
    asked = client(tmp_path, host, config)
    assert [asked(path).status_code for path in ("/openapi.json", "/docs", "/docs/start.js")] == [status] * 3


@pytest.mark.parametrize(
    ("host", "option", "status"),
    [
        ("127.0.0.1", [], 200),
        ("127.0.0.1", ["--no-docs"], 404),
        (EVERY, [], 404),
        (EVERY, ["--docs"], 200),
        ("127.0.0.1", ["--host", EVERY], 404),
    ],
)
def test_the_command_decides(host: str, option: list[str], status: int, tmp_path: Path) -> None:
    file = tmp_path / "flows.yaml"
    file.write_text(FLOWS.format(host=host, config="", path="/it"))
    with Running(tmp_path, str(file), *option) as server:
        assert server.client.get("/openapi.json").status_code == status


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/*"])
def test_a_flow_at_the_path_wins(path: str, tmp_path: Path) -> None:
    asked = client(tmp_path, path=path)
    assert asked("/openapi.json" if path == "/*" else path).text == "mine"


def test_the_page_loads_only_what_is_here(tmp_path: Path) -> None:
    asked = client(tmp_path)
    page = asked("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script>" not in page.text
    assert " style=" not in page.text
    links = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert links == ["data:,", "docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js"]
    for link in links[1:]:
        part = asked(f"/{link}")
        assert part.status_code == 200
        assert part.headers["content-type"].startswith("text/css" if link.endswith("css") else "text/javascript")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert page.headers["x-content-type-options"] == "nosniff"


def test_a_browser_asks_again_only_for_what_changed(tmp_path: Path) -> None:
    asked = client(tmp_path)
    tag = asked("/docs/swagger-ui-bundle.js").headers["etag"]
    assert asked("/docs/swagger-ui-bundle.js", headers={"If-None-Match": tag}).status_code == 304


def test_they_are_only_read(tmp_path: Path) -> None:
    asked = client(tmp_path)
    refused = asked("/openapi.json", "POST")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert asked("/openapi.json", "HEAD").status_code == 200


def test_the_licence_comes_along() -> None:
    import engine.openapi

    folder = Path(engine.openapi.__file__).parent / "swagger"
    assert "Apache License" in (folder / "LICENSE").read_text()
    assert (folder / "NOTICE").read_text()


def test_what_others_wrote_is_as_they_wrote_it() -> None:
    """NOTICE names the version, the licence and a checksum of each file that is vendored."""
    notice = (FILES / "NOTICE").read_text()
    named = dict(re.findall(r"^sha256 (\w{64})  (\S+)$", notice, re.MULTILINE))
    there = {sha256((FILES / name).read_bytes()).hexdigest(): name for name in named.values()}
    assert named == there
    assert {path.name for path in FILES.iterdir()} - OURS == set(named.values())
    assert "swagger-ui-dist 5." in notice
