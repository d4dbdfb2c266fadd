"""`engine package`: a wheel or a folder that holds all that flows read, and nothing that it must not."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
from click.testing import CliRunner
from running import engine

from engine.tools.cli import main
from engine.tools.commands import Given, given
from engine.tools.packaged.contents import PackageError, contents_of, settings
from engine.tools.packaged.folder import write_folder
from engine.tools.packaged.lock import lock

Project = Callable[..., Path]
PACKED = {"config/default.yaml", "flows/init.sql", "flows/schemas/text.json", "flows/shop.yaml", "parts/shop/shout.py"}


@contextmanager
def serving(*command: str, cwd: Path, **environment: str) -> Iterator[str]:
    """The URL at which a command serves; it ends as by systemd."""
    arguments = [*command, "--port", "0"]
    with subprocess.Popen(
        arguments, cwd=cwd, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        found = None
        while found is None and (line := server.stdout.readline()):
            found = re.search(r"serves at (\S+);", line)
        try:
            assert found is not None
            yield found[1]
        finally:
            server.send_signal(signal.SIGTERM)
            output = server.communicate(timeout=20)
        assert server.returncode == 0, output


def get(url: str) -> str:
    return httpx.get(f"{url}/hello", trust_env=False).text


def packed(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own: what the flows import counts."""
    return engine("package", *arguments, cwd=folder, **environment)


def test_a_wheel_is_installed_and_serves(project: Project, tmp_path: Path) -> None:
    """Where it is installed there is nothing but it: the flows of the project are gone."""
    folder = project()
    done = packed(folder)
    assert (done.returncode, done.stderr) == (0, "")
    [wheel] = (folder / "dist").iterdir()
    assert wheel.name == "corner_shop-1.4.0-py3-none-any.whl"
    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    folder.rename(tmp_path / "gone")
    (tmp_path / "data").mkdir()
    path = os.pathsep.join(filter(None, [str(target), os.environ.get("PYTHONPATH")]))
    for command in ([sys.executable, "-m", "corner_shop"], [str(target / "bin/corner-shop"), "serve"]):
        with serving(*command, cwd=tmp_path / "data", PYTHONPATH=path, DB_URL="sqlite:///seen.db") as url:
            assert get(url) == "HELLO!"
    with closing(sqlite3.connect(tmp_path / "data/seen.db")) as database:
        assert database.execute("SELECT count(*) FROM seen").fetchone() == (2,)
    command = [str(target / "bin/corner-shop")]
    environment = os.environ | {"PYTHONPATH": path}
    checked = subprocess.run([*command, "check"], env=environment, capture_output=True, text=True, check=True)
    assert checked.stdout == "1 flow and 0 sub-flows: no mistakes\n"
    wrong = subprocess.run([*command, "sreve"], env=environment, capture_output=True, text=True)
    assert (wrong.returncode, wrong.stderr) == (
        1, "corner-shop: there is no command 'sreve'; it has serve, check, run, openapi\n",
    )  # fmt: skip


def test_a_folder_serves_with_its_script(project: Project, tmp_path: Path) -> None:
    folder = project()
    done = packed(folder, "--folder", "--out", str(tmp_path / "out"))
    assert (done.returncode, done.stderr) == (0, "")
    folder.rename(tmp_path / "gone")
    made = tmp_path / "out/corner-shop"
    files = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    assert files == PACKED | {"pyproject.toml", "requirements.txt", "bin/start", "contents.sha256"}
    for line in (made / "contents.sha256").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((made / name).read_bytes()).hexdigest() == digest
    with serving(str(made / "bin/start"), cwd=tmp_path, PYTHON=sys.executable) as url:
        assert get(url) == "HELLO!"


def test_the_same_flows_make_the_same_bytes(project: Project, tmp_path: Path) -> None:
    """Whenever and wherever they were written. The wheel names the exact versions, and nothing of this machine."""
    folder = project()
    made = []
    for number in range(2):
        out = tmp_path / str(number)
        assert packed(folder, "--out", str(out), "--extra", "postgres", PYTHONHASHSEED=str(number)).returncode == 0
        made.append(out / "corner_shop-1.4.0-py3-none-any.whl")
        folder = folder.rename(tmp_path / "other")
        for path in folder.rglob("*.*"):
            os.utime(path, (number, number))
    assert made[0].read_bytes() == made[1].read_bytes()
    with ZipFile(made[0]) as opened:
        text = opened.read("corner_shop-1.4.0.dist-info/METADATA").decode()
        settings = opened.read("corner_shop/application/pyproject.toml").decode()
    needs = re.findall(r"^Requires-Dist: (.*)$", text, re.MULTILINE)
    assert needs[0] == f"flow-engine[postgres]=={metadata.version('flow-engine')}"
    assert {f"{name}=={metadata.version(name)}" for name in ("asyncpg", "msgspec")} <= set(needs)
    assert all(re.fullmatch(r"[a-z0-9-]+(\[\w+\])?==[\w.+]+", need) for need in needs)
    assert not [need for need in needs if need.startswith(("pytest", "mypy"))]
    assert settings == (
        '# Made by `engine package`.\n[tool.engine]\nname = "corner-shop"\npaths = ["flows"]\n'
        'processors = ["parts"]\nset = { "greeting" = "hello" }\n'
    )


def test_drivers_that_the_flows_use_are_among_it(project: Project) -> None:
    """The url is for the check alone: it is not packed."""
    folder, url = project(), "postgresql://u@127.0.0.1:1/x"
    assert packed(folder, "--folder", "--set", f"db.url={url}").returncode == 0
    made = folder / "dist/corner-shop"
    lines = (made / "requirements.txt").read_text().splitlines()[1:]
    assert lines[0].startswith("flow-engine[postgres]==")
    assert [line for line in lines if line.startswith("asyncpg==")] != []
    assert url not in "".join(path.read_text() for path in made.rglob("*.*") if path.is_file())


def test_a_driver_that_is_no_extra_is_a_requirement() -> None:
    found = lock(["asyncmy.errors", "sqlalchemy.dialects", "json", "engine.application", "no_such_module"])
    assert found.extras == ("sqlalchemy",)
    assert found.requirements[0].startswith("flow-engine[sqlalchemy]==")
    assert [line for line in found.requirements if line.startswith("asyncmy==")] != []


def test_what_own_elements_import_is_among_it(project: Project) -> None:
    """Also what is imported while a flow runs, and what the project itself says that it needs."""
    late = '''
from engine import Event, Processor


class Late(Processor):
    """Import late."""

    def run_plain(self, event: Event) -> Event:
        import httpx

        return event.with_payload(httpx.__version__)
'''
    declared = '[project]\nname = "corner-shop"\ndependencies = ["trustme>=1", "flow-engine[sqlalchemy]"]\n'
    folder = project(**{
        "parts/shop/late.py": late,
        "pyproject.toml": f'{declared}[tool.engine]\npaths = ["flows"]\nprocessors = ["parts"]\nset.greeting = "x"\n',
    })  # fmt: skip
    assert packed(folder, "--folder").returncode == 0
    names = {
        re.split(r"\W*==", line)[0] for line in (folder / "dist/corner-shop/requirements.txt").read_text().splitlines()
    }
    assert {"httpx", "trustme", "httpcore", "sqlalchemy", "flow-engine[sqlalchemy"} <= names


LEFT_OUT = {
    "flows/.env": ("PASSWORD=x", "may hold secrets"),
    "flows/prod.env": ("PASSWORD=x", "may hold secrets"),
    "flows/server.key": ("x", "may hold secrets"),
    "flows/chain.pem": ("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n", "a private key"),
    "flows/shop.test.yaml": (None, "a test"),
    "parts/test_shout.py": ("", "a test"),
    "flows/.engine": ("x", "data of a server that ran here"),
    "flows/shop.db": ("", "a database"),
    "flows/old.bin": ("SQLite format 3\0", "a database"),
    "flows/.hidden": ("", "hidden"),
    "flows/server.log": ("", "a log"),
}


def test_what_must_not_be_in_it_is_told(project: Project) -> None:
    folder = project(**{name: text for name, (text, _) in LEFT_OUT.items() if text is not None}, **{
        "flows/public.pem": "-----BEGIN PUBLIC KEY-----", "flows/venv/pyvenv.cfg": "", "flows/deep/.git/config": "",
    })  # fmt: skip
    (folder / "flows/outside").symlink_to("/etc/hostname")
    (folder / "flows/inside.sql").symlink_to("init.sql")
    (folder / "flows/folder").symlink_to("schemas")
    os.mkfifo(folder / "flows/pipe")
    done = packed(folder, "--folder")
    assert (done.returncode, done.stderr) == (0, "")
    told = dict(re.findall(r"^left out, (.*): (.*)$", done.stdout, re.MULTILINE))
    expected: dict[str, set[str]] = {}
    for name, (_, reason) in LEFT_OUT.items():
        expected.setdefault(reason, set()).add(name)
    expected["a link that leads outside"] = {"flows/outside"}
    expected["a link to a folder"] = {"flows/folder"}
    expected["a virtual environment"] = {"flows/venv"}
    expected["hidden"] |= {"flows/deep/.git"}
    expected["it is no regular file"] = {"flows/pipe"}
    assert {reason: set(names.split(", ")) for reason, names in told.items()} == expected
    made = folder / "dist/corner-shop"
    held = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    own = {"pyproject.toml", "requirements.txt", "bin/start", "contents.sha256"}
    assert held - own == PACKED | {"flows/public.pem", "flows/inside.sql"}


def test_flows_with_mistakes_are_refused(project: Project) -> None:
    """All of them are told, and nothing is written."""
    wrong = "flows: {a: {steps: [{set-paylod: {}}, {logger: {message: '#[paylod]'}}]}}\n"
    folder = project(**{"flows/wrong.yaml": wrong})
    done = packed(folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert "F102" in done.stderr
    assert "F401" in done.stderr
    assert "engine: 2 mistakes in the flows" in done.stderr
    assert not (folder / "dist").exists()


def test_flows_that_need_what_is_left_out_are_refused(project: Project, tmp_path: Path) -> None:
    """A property that says where the file is at the server is the way out."""
    key = "-----BEGIN PRIVATE KEY-----\n"
    folder = project(**{"flows/init.sql": None, "flows/shop.yaml": """
configs: {Db: {db:config: {url: "sqlite://", initScript: "${script:secret.env.sql}"}}}
flows: {a: {steps: [{db:execute-ddl: {config-ref: Db, sql: SELECT 1}}]}}
""", "flows/secret.env.sql": f"SELECT 1; -- {key}"})  # fmt: skip
    done = packed(folder)
    assert done.returncode == 1
    assert done.stderr.startswith("engine: the flows need what the package leaves out:\nflows/shop.yaml:2:")
    assert "'secret.env.sql', which cannot be read" in done.stderr
    (tmp_path / "at-the-server.sql").write_text("SELECT 1")
    assert packed(folder, "--set", f"script={tmp_path}/at-the-server.sql").returncode == 0


def test_a_second_folder_replaces_the_first_and_nothing_else(tmp_path: Path) -> None:
    made = tmp_path / "shop"
    write_folder(made, {"flows/a.yaml": b"1", "flows/b.yaml": b"2"}, "")
    (made / "data.db").write_text("precious")
    write_folder(made, {"flows/b.yaml": b"3"}, "")
    assert sorted(path.name for path in (made / "flows").iterdir()) == ["b.yaml"]
    assert (made / "flows/b.yaml").read_text() == "3"
    assert (made / "data.db").read_text() == "precious"


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("theirs")
    with pytest.raises(PackageError, match="is there, and is no package; name another --out, or remove it"):
        write_folder(tmp_path, {"a.yaml": b"ours"}, "")
    assert (tmp_path / "a.yaml").read_text() == "theirs"


def test_a_list_of_files_cannot_reach_outside(tmp_path: Path) -> None:
    made, victim = tmp_path / "made", tmp_path / "victim"
    made.mkdir()
    victim.write_text("precious")
    (made / "contents.sha256").write_text(f"0  ../victim\n0  {victim}\n0  \n\n")
    write_folder(made, {"a.yaml": b""}, "")
    assert victim.read_text() == "precious"


FLOW = "flows: {a: {steps: []}}\n"
REFUSED = {
    **{name: (name, [], "cannot be the name of a package; write configuration: {name: …} in a flow file")
       for name in ("email", "engine", "1", "---", "class")},
    "no such extra": ("one", ["--extra", "postgre"], "no extra 'postgre'; it has "),
    "no version": ("one", ["--version", "next"], "'next' is no version of a Python package; write one such as 1.4.0"),
    "no folder to write to": ("one", ["--out", "/dev/null/x"], "cannot be written: Not a directory"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_made_says_why(
    name: str, arguments: list[str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "a.yaml").write_text(FLOW)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["package", f"./{name}", *arguments])
    assert done.exit_code == 1
    assert expected in done.output
    assert not (tmp_path / "dist").exists()


def held_by(*paths: str, out: str = "dist") -> set[str]:
    return set(contents_of(given(paths), "name", Path(out)).files)


def test_flows_without_a_project_keep_their_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was made before, in their folder or not, is no part of it."""
    for name in ("a.yaml", "other.json", "dist/before/a.yaml"):
        (tmp_path / "one" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "one" / name).write_text(FLOW)
    monkeypatch.chdir(tmp_path)
    expected = {"pyproject.toml", "one/a.yaml", "one/other.json"}
    for path in ("one", "one/", str(tmp_path / "one"), "one/a.yaml", "two/../one"):
        assert held_by(path, out="one/dist") == expected
    monkeypatch.chdir(tmp_path / "one")
    assert held_by(".") == held_by("a.yaml") == expected


def test_folders_of_the_same_name_cannot_be_in_one_package(tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / place / "flows").mkdir(parents=True)
    with pytest.raises(PackageError, match="would both be 'flows' in the package; rename one"):
        held_by(str(tmp_path / "a/flows"), str(tmp_path / "b/flows"))


def test_a_package_keeps_its_data_under_one_name(tmp_path: Path) -> None:
    """Wherever it lies, and whatever its version: its queues and stores are found again."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/a.yaml").write_text("flows: {a: {steps: [{os:store: {key: x, value: 1}}]}}\n")
    assert packed(tmp_path, "shop", "--folder").returncode == 0
    (tmp_path / "dist/shop").rename(tmp_path / "shop-2")
    assert engine("run", str(tmp_path / "shop-2"), "--flow", "a", cwd=tmp_path).returncode == 0
    assert [path.name for path in (tmp_path / ".engine").iterdir()] == ["shop"]


def test_the_lock_knows_what_is_not_installed() -> None:
    with pytest.raises(PackageError, match="no-such-thing is needed, and not installed: pip install no-such-thing"):
        lock([], dependencies=["no-such-thing>=1"])


def test_settings_are_toml(tmp_path: Path) -> None:
    """Whatever a property holds."""
    odd = {"odd.one": 'a "b" \\ \x7f é ${x}\n'}
    known = Given((), {}, odd, ("parts",), (), ())
    assert tomllib.loads(settings('a "name"', ["flows"], known))["tool"]["engine"] == {
        "name": 'a "name"', "paths": ["flows"], "processors": ["parts"], "set": odd,
    }  # fmt: skip
