"""`engine serve` records traces if the standard variables ask for it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from otlp_collector import ENGINE, HELLO, collector, environment


@pytest.mark.parametrize(
    ("arguments", "variables", "names"),
    [
        ([], {"OTEL_SERVICE_NAME": "shop"}, {"GET /hello"}),
        (["--workers", "2"], {"OTEL_RESOURCE_ATTRIBUTES": "service.name=shop"}, {"GET /hello"}),
        (["--trace-elements"], {"OTEL_SERVICE_NAME": "shop"}, {"GET /hello", "set-payload"}),
        ([], {"OTEL_SDK_DISABLED": "true"}, set()),
        ([], {"OTEL_TRACES_EXPORTER": "none"}, set()),
        ([], {"OTEL_TRACES_SAMPLER": "always_off"}, set()),
    ],
)
def test_serve(tmp_path: Path, arguments: list[str], variables: dict[str, str], names: set[str]) -> None:
    """What is left is exported at the end, by each worker."""
    file = tmp_path / "flows.yaml"
    file.write_text(HELLO)
    with collector() as otlp:
        command = [*ENGINE, "serve", str(file), "--log-level", "warning", *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(otlp, **variables)) as server:
            try:
                assert server.stdout is not None
                found = (re.search(r"serves at (http://\S+);", line) for line in server.stdout)
                url = next(each[1] for each in found if each)
                for _ in range(10):  # each on a connection of its own
                    assert httpx.get(f"{url}/hello", trust_env=False, timeout=20).status_code == 200
            finally:
                server.terminate()
            assert server.wait(20) == 0
    assert {span.name for span in otlp.spans} == names
    if names:
        assert len([span for span in otlp.spans if span.name == "GET /hello"]) == 10
        assert len({span.trace_id for span in otlp.spans}) == 10
        assert {span.service for span in otlp.spans} == {"shop"}


WITHOUT = """\
import sys
from importlib.abc import MetaPathFinder
class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.startswith("opentelemetry"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
sys.argv[0] = "engine"
from engine.tools.cli import main
main()
"""
"""The command on a machine without the extra."""


@pytest.mark.parametrize(
    ("arguments", "variables", "told"),
    [
        (
            [],
            {"OTEL_TRACES_EXPORTER": "otlp"},
            "the environment asks for traces, but OpenTelemetry is not installed: pip",
        ),
        (["--trace-elements"], {}, "--trace-elements asks for traces, but OpenTelemetry is not installed: pip install"),
    ],
)
def test_without_the_extra(tmp_path: Path, arguments: list[str], variables: dict[str, str], told: str) -> None:
    (tmp_path / "flows.yaml").write_text(HELLO)
    command = [sys.executable, "-c", WITHOUT, "serve", str(tmp_path), *arguments]
    ended = subprocess.run(command, env=environment(**variables), capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"engine: {told}")


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER names 'zipkin'; expected one of"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
         "OTEL_EXPORTER_OTLP_PROTOCOL=grpc; expected http/protobuf, which collectors take at port 4318"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"},
         "OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318; expected a url, such as http://localhost:4318"),
    ],
)  # fmt: skip
def test_variables_that_cannot_be_followed(tmp_path: Path, variables: dict[str, str], told: str) -> None:
    (tmp_path / "flows.yaml").write_text(HELLO)
    command = [*ENGINE, "serve", str(tmp_path)]
    ended = subprocess.run(command, env=environment(**variables), capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    assert told in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_nothing_of_opentelemetry_is_imported_unless_asked_for(tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(HELLO)
    program = (
        "import sys; from engine.tools.served.telemetry import meters; assert meters(False) == []\n"
        "from engine import Application; Application.load('flows.yaml').asgi()\n"
        "assert not [name for name in sys.modules if name.startswith(('opentelemetry', 'requests'))]"
    )
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=30)
    assert ended.stderr == ""
