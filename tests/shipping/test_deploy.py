"""`engine new --deploy`: an image, a manifest and units that fit the flows."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from running import engine

from engine.tools.cli import main

Project = Callable[..., Path]
ANALYZE = shutil.which("systemd-analyze") or ""
FILES = [
    "requirements.txt", "Dockerfile", ".dockerignore",
    "deploy/kubernetes.yaml", "deploy/corner-shop.service", "deploy/corner-shop.socket",
]  # fmt: skip

PLAIN = """
configuration: {name: Plain Flows}
flows: {a: {source: {scheduler: {fixed-frequency: {frequency: 1000}}}, steps: []}}
"""
RICH = """
configuration: {name: rich, shutdownTimeout: 20500ms, dataDir: /var/lib/our data}
configs:
  Api: {http:listener-config: {port: 443}}
  Other: {http:listener-config: {host: "::1", port: "${other.port:8082}"}}
  Queues: {vm:config: {queues: [{queueName: tasks, queueType: PERSISTENT}]}}
properties: {db: {user: ada}}
flows:
  a:
    source: {http:listener: {config-ref: Api, path: /a}}
    steps: [{vm:publish: {config-ref: Queues, queueName: tasks}}]
  b:
    source: {http:listener: {config-ref: Other, path: /b}}
    steps:
      - set-payload: {value: ["${db.user}", "${secret:db.key}", "${secret:token:x}"]}
      - set-payload: {value: ["${odd:a # 'b' ${inner:c}}", '\\${no}']}
      - set-payload: {value: "${needed}"}
"""


def deployed(folder: Path, flows: str, **properties: str) -> dict[str, str]:
    """The files that are written for a flow file, by name."""
    (folder / "flows").mkdir(exist_ok=True)
    (folder / "flows/a.yaml").write_text(flows)
    done = invoke("new", str(folder), "--deploy", "--force", **properties)
    assert done.exit_code == 0, done.output
    return {
        path.name: path.read_text() for path in [*folder.iterdir(), *(folder / "deploy").iterdir()] if path.is_file()
    }


def invoke(*arguments: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, arguments, catch_exceptions=False)


def kinds(manifest: str) -> dict[str, Any]:
    return {document["kind"]: document for document in yaml.safe_load_all(manifest)}


def container_of(manifest: str) -> Any:
    [container] = kinds(manifest)["Deployment"]["spec"]["template"]["spec"]["containers"]
    return container


def command_of(dockerfile: str) -> list[str]:
    found: list[str] = json.loads(dockerfile.rpartition("\nCMD ")[2])
    return found


def test_a_project_is_begun_with_them(tmp_path: Path) -> None:
    done = engine("new", "shop", "--deploy", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    names = ["flows/hello.yaml", "flows/hello.test.yaml", ".engine/flows.schema.json", "pyproject.toml", ".gitignore"]
    names += [file.replace("corner-", "") for file in FILES]
    assert [line.removeprefix("wrote shop/") for line in done.stdout.splitlines() if "wrote" in line] == names


def test_they_fit_the_project_and_are_written_once(project: Project) -> None:
    folder = project(**{"flows/chain.pem": "-----BEGIN PRIVATE KEY-----"})
    first = engine("new", "--deploy", cwd=folder)
    assert [line for line in first.stdout.splitlines() if "index" not in line] == [f"wrote {name}" for name in FILES]
    dockerfile = (folder / "Dockerfile").read_text()
    for line in (
        'COPY ["pyproject.toml", "/app/pyproject.toml"]', 'COPY ["flows", "/app/flows"]',
        'COPY ["parts", "/app/parts"]',
        'COPY ["config", "/app/config"]', "RUN /venv/bin/python -m compileall -q /app/parts", "EXPOSE 8081",
        "USER 10001:10001",
    ):  # fmt: skip
        assert f"\n{line}\n" in dockerfile
    assert command_of(dockerfile) == ["engine", "serve", "/app", "--host", "0.0.0.0", "--log-format", "json"]  # noqa: S104
    ignored = (folder / ".dockerignore").read_text().splitlines()
    assert {"**/*.test.yaml", "**/.env", "**/.engine", "**/*.key", "flows/chain.pem"} <= {*ignored}
    assert not {"**/pyproject.toml", "flows/init.sql"} & {*ignored}
    assert (folder / "requirements.txt").read_text().splitlines()[1].startswith("flow-engine==")
    manifest = kinds((folder / "deploy/kubernetes.yaml").read_text())
    assert [*manifest] == ["ConfigMap", "Deployment", "Service", "PodDisruptionBudget"]
    assert {each["metadata"]["name"] for each in manifest.values()} == {"corner-shop"}
    assert container_of((folder / "deploy/kubernetes.yaml").read_text())["image"] == "corner-shop:1.4.0"

    (folder / "Dockerfile").write_text("mine")
    (folder / ".dockerignore").unlink()
    second = engine("new", "--deploy", cwd=folder)
    kept = [f"kept {name}: it is there already; --force writes it anew" for name in FILES if name != ".dockerignore"]
    assert [line for line in second.stdout.splitlines() if "index" not in line] == ["wrote .dockerignore", *kept]
    assert (folder / "Dockerfile").read_text() == "mine"


def test_pods_are_probed_and_drained(tmp_path: Path) -> None:
    files = deployed(tmp_path, RICH, DB_KEY="k", NEEDED="n")
    spec = kinds(files["kubernetes.yaml"])["Deployment"]["spec"]["template"]["spec"]
    container = container_of(files["kubernetes.yaml"])
    paths = {probe: container[f"{probe}Probe"]["httpGet"]["path"] for probe in ("startup", "readiness", "liveness")}
    assert paths == {"startup": "/-/live", "readiness": "/-/ready", "liveness": "/-/live"}
    assert {container[f"{probe}Probe"]["httpGet"]["port"] for probe in paths} == {"http-443"}
    assert container["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", "5"]
    assert spec["terminationGracePeriodSeconds"] == 5 + 21 + 5
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert [port["containerPort"] for port in container["ports"]] == [443, 8082]
    service = kinds(files["kubernetes.yaml"])["Service"]["spec"]["ports"]
    assert [(port["port"], port["targetPort"]) for port in service] == [(443, "http-443"), (8082, "http-8082")]


def test_data_that_must_live_on_has_a_volume(tmp_path: Path) -> None:
    """One process at a time may have it."""
    files = deployed(tmp_path, RICH, DB_KEY="k", NEEDED="n")
    manifest = kinds(files["kubernetes.yaml"])
    assert manifest["PersistentVolumeClaim"]["metadata"]["name"] == "rich"
    spec = manifest["Deployment"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert spec["template"]["spec"]["volumes"][0] == {"name": "data", "persistentVolumeClaim": {"claimName": "rich"}}
    mounts = {mount["mountPath"]: mount["name"] for mount in container_of(files["kubernetes.yaml"])["volumeMounts"]}
    assert mounts == {"/data": "data", "/var/lib/our data": "data", "/tmp": "tmp"}  # noqa: S108
    assert "install -d -o engine -g engine /data '/var/lib/our data'\n" in files["Dockerfile"]
    assert '\nReadWritePaths="/var/lib/our data"\n' in files["rich.service"]


KEEPING = {
    "a file": ("configs: {D: {db:config: {url: 'sqlite:///x.db'}}}", True),
    "memory": ("configs: {D: {db:config: {url: 'sqlite://'}}}", False),
    "a store": ("configs: {S: {os:object-store: {}}}", True),
    "a store in memory": ("configs: {S: {os:object-store: {persistent: false}}}", False),
    "queues in memory": ("configs: {Q: {vm:config: {queues: [{queueName: a}]}}}", False),
    "the application's own store": ("flows: {a: {steps: [{try: {steps: [{os:store: {key: x, value: 1}}]}}]}}", True),
}


@pytest.mark.parametrize(("flows", "keeps"), KEEPING.values(), ids=KEEPING.keys())
def test_which_flows_keep_data(flows: str, keeps: bool, tmp_path: Path) -> None:
    text = f"configuration: {{name: it}}\n{flows}\n" + ("" if "flows:" in flows else "flows: {a: {steps: []}}\n")
    assert ("PersistentVolumeClaim" in kinds(deployed(tmp_path, text)["kubernetes.yaml"])) is keeps


def test_properties_are_listed_with_their_defaults(tmp_path: Path) -> None:
    """What has none must be filled in; a secret's value is in no file, whatever the environment has."""
    files = deployed(tmp_path, RICH, DB_KEY="from the environment", NEEDED="n")
    assert "from the environment" not in "".join(files.values())
    manifest = files["kubernetes.yaml"]
    assert kinds(manifest)["ConfigMap"]["data"] == {"NEEDED": ""}
    assert kinds(manifest)["Secret"]["stringData"] == {"DB_KEY": ""}
    for line in (
        '# DB_USER: "ada"',
        "# ODD: \"a # 'b' c\"",
        '# INNER: "c"',
        '# OTHER_PORT: "8082"',
        '# TOKEN: ""',
    ):
        assert f"\n  {line}\n" in manifest
    assert "NO:" not in manifest
    assert container_of(manifest)["envFrom"] == [{"configMapRef": {"name": "rich"}}, {"secretRef": {"name": "rich"}}]
    for line in ("# DB_USER=ada", "# DB_KEY=", "# NEEDED="):
        assert f"\n{line}\n" in files["rich.service"]


def test_flows_without_http_have_no_ports(tmp_path: Path) -> None:
    files = deployed(tmp_path, PLAIN)
    assert [*kinds(files["kubernetes.yaml"])] == ["ConfigMap", "Deployment", "PodDisruptionBudget"]
    assert {"ports", "livenessProbe"} & {*container_of(files["kubernetes.yaml"])} == set()
    assert "EXPOSE" not in files["Dockerfile"]
    assert command_of(files["Dockerfile"]) == ["engine", "serve", "/app/flows", "--log-format", "json"]
    assert "plain-flows.socket" not in files
    assert "plain-flows.service" in files


@pytest.mark.parametrize("flows", [PLAIN, RICH], ids=["plain", "rich"])
@pytest.mark.skipif(not ANALYZE, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(flows: str, tmp_path: Path) -> None:
    files = deployed(tmp_path, flows, DB_KEY="k", NEEDED="n")
    paths = []
    for name, text in files.items():
        if name.endswith((".service", ".socket")):
            path = tmp_path / name
            engine_there = f"/opt/{path.stem}/.venv/bin/engine"
            assert f"ExecStart={engine_there} serve " in text or name.endswith(".socket")
            path.write_text(text.replace(engine_there, "/bin/true"))
            paths.append(str(path))
    done = subprocess.run([ANALYZE, "verify", *paths], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_units_fit_the_flows(tmp_path: Path) -> None:
    files = deployed(tmp_path, RICH, DB_KEY="k", NEEDED="n")
    for line in (
        "Type=notify", "WatchdogSec=30", "TimeoutStopSec=26", "ExecReload=/bin/kill -HUP $MAINPID",
        "AmbientCapabilities=CAP_NET_BIND_SERVICE", "StateDirectory=rich",
    ):  # fmt: skip
        assert f"\n{line}\n" in files["rich.service"]
    assert "\nListenStream=127.0.0.1:443\nListenStream=[::1]:8082\n" in files["rich.socket"]
    assert "\nCapabilityBoundingSet=\n" in deployed(tmp_path, PLAIN)["plain-flows.service"]


def test_flows_right_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "hello").mkdir()
    (tmp_path / "hello/a.yaml").write_text(PLAIN)
    assert invoke("new", str(tmp_path / "hello"), "--deploy").exit_code == 0
    dockerfile = (tmp_path / "hello/Dockerfile").read_text()
    assert '\nCOPY [".", "/app"]\n' in dockerfile
    assert command_of(dockerfile)[:3] == ["engine", "serve", "/app"]


def test_what_cannot_be_deployed_says_why(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/a.yaml").write_text("flows: {a: {steps: [{set-paylod: {}}]}}\n")
    done = invoke("new", str(tmp_path), "--deploy")
    assert (done.exit_code, "F102" in done.output) == (1, True)
    assert not (tmp_path / "Dockerfile").exists()
    (tmp_path / "project").mkdir()
    (tmp_path / "flows/a.yaml").write_text(PLAIN)
    (tmp_path / "project/pyproject.toml").write_text('[tool.engine]\npaths = ["../flows"]\n')
    done = invoke("new", str(tmp_path / "project"), "--deploy")
    assert done.exit_code == 1
    assert "the folder of the deployment; copy it there" in done.output
    assert [path.name for path in (tmp_path / "project").iterdir()] == ["pyproject.toml"]
