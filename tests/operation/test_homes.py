"""The measures of homes that have a server: those of the page, and what they tell while it is away."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from operated import Operated, names_in
from redis_server import MISSING, RedisServer
from server.running import wait_until

PAGE = (Path(__file__).parents[2] / "docs" / "operation.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("### What homes count")[2].partition("\n## ")[0]
FLOWS = """
configuration: {name: shop, stateUrl: "URL"}
configs:
  Api: {http:listener-config: {port: 0}}
flows:
  tick:
    source: {scheduler: {fixed-frequency: {frequency: 1s}}}
    steps: [{logger: {level: DEBUG}}]
  limited:
    source: {http:listener: {config-ref: Api, path: /limited, rateLimit: {limit: 1000}}}
    steps: [{set-payload: {value: ok}}]
"""


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_a_home_that_is_away_is_told_and_what_goes_on_without_it_is_counted(
    operate: Callable[..., Operated], tmp_path: Path
) -> None:
    redis = RedisServer(tmp_path / "redis")
    server = operate(FLOWS.replace("URL", redis.url))
    home = f"redis://127.0.0.1:{redis.port}/0"
    wait_until(lambda: server.value("engine_scheduler_active", flow="tick") == 1)
    assert server.client.get("/limited").status_code == 200
    assert set(server.families()) >= {name.removesuffix("_total") for name in names_in(TABLE)}
    assert server.value("engine_home_away", home=home) == 0
    redis.kill()
    assert server.client.get("/limited").status_code == 200
    assert server.value("engine_home_away", home=home) == 1
    assert server.value("engine_without_state_total", element="rateLimit", place="limited") == 1
    assert server.value("engine_home_errors_total", home=home) >= 1
    wait_until(lambda: server.value("engine_scheduler_active", flow="tick") == 0)
    redis.start()
    wait_until(lambda: server.value("engine_home_away", home=home) == 0)
    redis.kill()


def test_no_driver_is_imported_that_no_url_asks_for(tmp_path: Path) -> None:
    """To import redis takes longer than all else at the start."""
    (tmp_path / "flows.yaml").write_text(re.sub(r"configuration: .*", "", FLOWS))
    code = f"""
import sys
from engine import Application
Application.load({str(tmp_path)!r})
print(sorted({{"redis", "asyncpg"}} & set(sys.modules)))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
