"""SIGHUP to `engine serve`: nobody who is connected notices, addresses come and go, and workers follow their parent."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
from server.running import ENGINE, Running, wait_until

HELLO = """
configs:
  Api: {http:listener-config: {port: %(port)s%(more)s}}
flows:
  hello:
    source: {http:listener: {config-ref: Api, path: /hello}}
    steps: [{set-payload: {value: "%(text)s"}}]
"""


def hello(text: str, port: int, more: str = "") -> str:
    return HELLO % {"port": port, "text": text, "more": more}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


class Served:
    """A server of one file, on a port of the file."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.file, self.port, self.count = folder / "flows.yaml", free_port(), 0
        self.write("one")
        self.running = Running(folder, str(self.file), *arguments, own_ports=True)

    def write(self, text: str, port: int | None = None, more: str = "") -> None:
        self.file.write_text(hello(text, port or self.port, more))

    def hang_up(self, word: str = "done") -> None:
        """Send SIGHUP, and wait for the end of the reload."""
        before = len(self._told(word))
        self.running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(self._told(word)) > before, 30)

    def _told(self, word: str) -> list[str]:
        return re.findall(rf" reload: (?:{word})\b", self.running.log)

    def get(self, port: int | None = None, **options: Any) -> str:
        with httpx.Client(trust_env=False, timeout=30, **options) as client:
            scheme = "https" if "verify" in options else "http"
            return client.get(f"{scheme}://127.0.0.1:{port or self.port}/hello").text


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    held = Served(tmp_path)
    with held.running:
        yield held
        assert held.running.end() == 0
        assert "Traceback" not in held.running.log


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Served]:
    held = Served(tmp_path, "--workers", "2")
    with held.running:
        yield held
        assert held.running.end() == 0
        assert "Traceback" not in held.running.log


def test_a_reload_is_told_in_two_lines(served: Served) -> None:
    served.write("two")
    served.hang_up()
    assert served.get() == "two"
    first, last = served.running.logged("reload: ", 2)
    assert first.endswith("reload: the flows are loaded again, beside those that run")
    assert re.search(r"reload: done in [0-9.]+ s; flows changed: hello; configs kept: 1$", last)


CLIENTS = 200

COUNTS = """
configs:
  Api: {http:listener-config: {port: %d}}
  Q: {vm:config: {queues: [{queueName: q}]}}
  Seen: {os:object-store: {persistent: false}}
flows:
  take:
    source: {http:listener: {config-ref: Api, path: "/take/{number}"}}
    steps:
      - vm:publish: {config-ref: Q, queueName: q, content: "#[attributes.uriParams.number]"}
      - set-payload: {value: "%s"}
  count:
    source: {vm:listener: {config-ref: Q, queueName: q}}
    steps: [{os:increment: {objectStore: Seen, key: "#[payload]"}}]
  seen: {source: {http:listener: {config-ref: Api, path: /seen}}, steps: [{os:retrieve-all: {objectStore: Seen}}]}
"""


def test_200_clients_and_ten_reloads_of_which_one_is_refused(served: Served) -> None:
    """Each keeps its connection; each request is answered, and each of its messages handled, once."""
    served.file.write_text(COUNTS % (served.port, 0))
    served.hang_up()
    versions, connections, asked = set[str](), 0, 0
    is_over = asyncio.Event()

    async def connected(*_: Any) -> None:
        nonlocal connections
        connections += 1

    async def ask(number: int) -> None:
        nonlocal asked
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(connected)
        connector = aiohttp.TCPConnector(limit=1, keepalive_timeout=300)
        url = f"http://127.0.0.1:{served.port}"
        async with aiohttp.ClientSession(url, connector=connector, trace_configs=[trace]) as client:
            while not is_over.is_set():
                asked += 1
                async with client.get(f"/take/{asked}") as answer:
                    assert answer.status == 200
                    versions.add(await answer.text())
                await asyncio.sleep(1)

    async def reload() -> None:
        for number in range(1, 11):
            text = COUNTS % (served.port, number)
            served.file.write_text(text if number != 5 else text.replace("set-payload", "set-paylod"))
            await asyncio.to_thread(served.hang_up, "done|refused")
            await asyncio.sleep(0.3)  # a reload is quicker than the pause between the requests of a client
        is_over.set()

    async def all_of_it() -> None:
        await asyncio.gather(reload(), *map(ask, range(CLIENTS)))

    asyncio.run(all_of_it())
    seen: dict[str, int] = {}

    def all_seen() -> bool:
        seen.update(httpx.get(f"http://127.0.0.1:{served.port}/seen", trust_env=False).json())
        return len(seen) == asked

    wait_until(all_seen, 30)
    assert set(seen.values()) == {1}
    assert connections == CLIENTS
    assert len(versions) > 1, versions
    assert served.running.log.count("reload: refused") == 1


def test_an_address_comes_before_the_other_goes(served: Served) -> None:
    other = free_port()
    served.write("two", other)
    with httpx.Client(trust_env=False) as client:
        url = f"http://127.0.0.1:{served.port}/hello"
        assert client.get(url).text == "one"
        served.hang_up()
        assert served.get(other) == "two"
        with pytest.raises(httpx.NetworkError):  # refused, or cut off before it was accepted
            wait_until(lambda: served.get() and False, 5)
    served.write("three")
    served.hang_up()
    assert served.get() == "three"


def test_a_port_that_is_taken_refuses_the_reload(served: Served) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        served.write("two", taken.getsockname()[1])
        served.hang_up("refused")
    assert "cannot listen at" in served.running.log
    assert served.get() == "one"


def test_other_limits_hold_for_connections_that_exist(served: Served) -> None:
    with httpx.Client(trust_env=False, base_url=f"http://127.0.0.1:{served.port}") as client:
        large = {"x": "y" * 3000}
        assert client.get("/hello", headers=large).status_code == 200
        served.write("two", more=", maxHeaderSize: 2048")
        served.hang_up()
        assert client.get("/hello", headers=large).status_code == 431
        assert client.get("/hello").text == "two"


def certificate(file: Path, name: str) -> ssl.SSLContext:
    """Write a certificate of that name with its key; return the context that trusts no other."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(file), "-out", f"{file}.crt", "-subj", f"/CN={name}", "-days", "2"]
    subprocess.run([*command, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return ssl.create_default_context(cafile=f"{file}.crt")


def test_a_renewed_certificate_is_shown_to_new_connections_and_old_ones_end(served: Served, tmp_path: Path) -> None:
    first = certificate(tmp_path / "server.pem", "first")
    served.write("tls", more=", tls: {certificate: server.pem}")
    served.hang_up()
    url = f"https://127.0.0.1:{served.port}/hello"
    with httpx.Client(verify=first, trust_env=False) as client:
        assert client.get(url).text == "tls"
        second = certificate(tmp_path / "server.pem", "second")
        served.hang_up()
        answer = client.get(url)
        assert (answer.text, answer.headers["connection"]) == ("tls", "close")
        with pytest.raises(httpx.ConnectError):
            client.get(url)
    assert served.get(verify=second) == "tls"


def test_workers_reload_one_after_another(workers: Served) -> None:
    other = free_port()
    workers.write("two", other)
    workers.hang_up("2 of 2 workers serve the new flows")
    assert {workers.get(other) for _ in range(20)} == {"two"}
    log = workers.running.log
    assert log.index("reload of worker 0: done") < log.index("reload of worker 1: the flows")
    with pytest.raises(httpx.NetworkError):  # refused, or cut off before it was accepted
        wait_until(lambda: workers.get() and False, 5)


def test_a_mistake_never_reaches_the_workers(workers: Served) -> None:
    workers.file.write_text("flows: {a: {steps: [{b: {}}]}}")
    workers.hang_up("refused")
    assert "reload of worker" not in workers.running.log
    assert workers.get() == "one"


def test_a_worker_that_cannot_start_the_new_flows_keeps_the_old_ones(workers: Served) -> None:
    """The parent starts no configs: only the workers find out."""
    script = "D: {db:config: {url: 'sqlite:////nowhere/x.db', initScript: SELECT 1}}"
    workers.file.write_text(hello("two", workers.port).replace("configs:", f"configs:\n  {script}"))
    workers.hang_up("0 of 2 workers serve the new flows")
    assert "worker 1 serves what it served before: the config 'D' cannot be started" in workers.running.log
    assert workers.get() == "one"


def test_a_worker_that_dies_after_a_reload_comes_back_with_the_new_flows(workers: Served) -> None:
    workers.write("two")
    workers.hang_up("2 of 2 workers serve the new flows")
    children = Path(f"/proc/{workers.running.process.pid}/task/{workers.running.process.pid}/children").read_text()
    for process in children.split():
        os.kill(int(process), signal.SIGKILL)
    workers.running.logged("it is started anew", 2)
    wait_until(lambda: _answers(workers) == "two", 20)


def _answers(served: Served) -> str:
    try:
        return served.get()
    except httpx.HTTPError:
        return ""


def test_a_terminal_that_is_closed_ends_the_server(tmp_path: Path) -> None:
    """It sends SIGHUP, too."""
    file = tmp_path / "flows.yaml"
    file.write_text(hello("one", 0))
    ours, theirs = pty.openpty()
    server = subprocess.Popen(
        [*ENGINE, "serve", str(file)], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, preexec_fn=lambda: _control(0), text=True,
    )  # fmt: skip
    os.close(theirs)
    assert server.stdout
    assert server.stderr
    assert any(" serves at " in line for line in server.stdout)
    os.close(ours)
    with server:
        assert server.wait(20) == 0
        assert "reload" not in server.stderr.read()


def _control(descriptor: int) -> None:
    """Make a terminal the one of this process."""
    import fcntl
    import termios

    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)


MANAGED = """
configs:
  Api: {http:listener-config: {port: %d}}
flows:
  hello:
    source: {http:listener: {config-ref: Api, path: /hello}}
    steps: [{set-payload: {value: "%s"}}]
  other: {source: {http:listener: {config-ref: Api, path: /other}}, steps: []}
"""


@pytest.mark.parametrize("count", [1, 2])
def test_the_management_port_reloads_all_processes(tmp_path: Path, count: int) -> None:
    """It says what has changed, or which mistakes there are; what is counted goes on."""
    file, port, operators = tmp_path / "flows.yaml", free_port(), free_port()
    file.write_text(MANAGED % (port, "one"))
    arguments = ["--workers", str(count), "--management", str(operators)]
    with (
        Running(tmp_path, str(file), *arguments, own_ports=True) as running,
        httpx.Client(base_url=f"http://127.0.0.1:{operators}", trust_env=False, timeout=60) as operator,
    ):
        assert httpx.get(f"http://127.0.0.1:{port}/hello", trust_env=False).text == "one"
        file.write_text(MANAGED % (port, "two"))
        done = operator.post("/-/reload")
        assert done.status_code == 200
        assert done.json()["changes"]["flows"] == {"added": [], "removed": [], "changed": ["hello"]}
        answers = {httpx.get(f"http://127.0.0.1:{port}/hello", trust_env=False).text for _ in range(9)}
        assert answers == {"two"}
        assert 'engine_flow_events_total{flow="hello"} 10' in operator.get("/metrics").text
        file.write_text((MANAGED % (port, "three")).replace("set-payload", "set-paylod"))
        refused = operator.post("/-/reload")
        assert refused.status_code == 422
        assert "flows.yaml:7:14 F102 unknown element 'set-paylod'" in refused.json()["mistakes"][0]
        file.write_text((MANAGED % (port, "four")).partition("  other:")[0])
        assert operator.post("/-/reload").status_code == 200
        assert "engine_flow_events_total" in operator.get("/metrics").text
        assert 'flow="other"' not in operator.get("/metrics").text
        assert running.end() == 0


def test_the_outcome_is_json(tmp_path: Path) -> None:
    from engine import Application
    from engine.operation.reload import Reload

    file = tmp_path / "flows.yaml"
    file.write_text(hello("one", 0))
    app = Application.load(file)
    file.write_text(hello("two", 0))
    told = json.loads(json.dumps(asyncio.run(Reload(app).reload()).as_json()))
    flows, configs = {"added": [], "removed": [], "changed": ["hello"]}, {"kept": ["Api"], "started": [], "stopped": []}
    changes = {"flows": flows, "configs": configs, "modules": {"imported": []}}
    assert told | {"seconds": 0} == {"reloaded": True, "seconds": 0, "changes": changes, "warnings": []}
