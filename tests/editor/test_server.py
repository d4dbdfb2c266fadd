"""`engine lsp` as a process, and a real client: files, diagnostics, and what must not end it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from editor_client import editor
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from engine.editor.texts import Change, Text
from engine.editor.workspace import Workspace
from engine.loading.catalog import discover
from engine.loading.diagnostic import LoadError
from engine.loading.loader import load

ROOT = Path(__file__).parent.parent.parent

WRONG = """\
flows:
  greet:
    steps:
      - set-paylod: {value: "😀"}
      - logger: {message: "😀 #[paylod.id]"}
"""
RIGHT = WRONG.replace("paylod", "payload")


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 240))  # type: ignore[arg-type]  # all are coroutines


def test_mistakes_of_a_file_as_it_is_typed(tmp_path: Path) -> None:
    """The places are those of UTF-16, even if the editor would take others; what is closed is as on the disk."""
    path = tmp_path / "greet.yaml"
    path.write_text(RIGHT)

    async def test() -> None:
        async with editor(tmp_path, encodings=["utf-8", "utf-16"]) as client:
            assert client.capabilities.position_encoding == types.PositionEncodingKind.Utf16
            assert client.capabilities.text_document_sync.change == types.TextDocumentSyncKind.Incremental
            client.open(path, WRONG)
            first, second = await client.diagnostics(path, 1)
            assert (first.code, first.severity) == ("F102", types.DiagnosticSeverity.Error)
            assert first.range == _range(3, 8, 18)
            assert first.message.splitlines()[-1] == "write: set-payload"
            assert first.data == {"expected": "a step that `engine processors` lists", "write": "set-payload"}
            assert second.range == _range(4, 32, 41)
            version = client.change(path, ((3, 8), (3, 18), "set-payload"), ((4, 32), (4, 38), "payload"))
            assert await client.codes(path, version) == []
            version = client.change(path, ((2, 4), (2, 4), "\t"))
            assert await client.codes(path, version) == ["F101"]
            version = client.change(path, ((2, 4), (2, 5), ""))
            assert await client.codes(path, version) == []
            before = client.count(path)
            client.close(path)
            assert await client.codes(path, after=before) == []

    run(test)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("flows:\n  a:\n    steps: [{logger: {message: x", ["F101"]),
        ("\ufeff" + RIGHT.replace("\n", "\r\n"), []),
        ("\ufeff" + WRONG.replace("\n", "\r\n"), ["F102", "F401"]),
        ("flows:\n  a:\n\tsteps: []\n", ["F101"]),
        ("flows: \0", ["F101"]),
        ("flows:\n" + "".join(f"{'  ' * n}a{n}:\n" for n in range(1, 300)), ["F105"]),
        ("flows: &a [" + "[" * 3000, ["F105"]),
        ("x: &x [a, a]\n" + "".join(f"x{n}: &x{n} [{'*x, ' * 9}*x]\n" for n in range(1)) + "flows: {}\n", None),
        ("", ["F100"]),
    ],
)
def test_texts_that_nobody_wants(tmp_path: Path, text: str, codes: list[str] | None) -> None:
    """Each is told as `engine check` tells it. (An empty text in a folder of flows is nothing to run.)"""
    path = tmp_path / "greet.yaml"
    path.write_bytes(b"")
    site = Workspace([tmp_path]).open(path, path.as_uri(), text, 1)
    assert site
    found = [each.code for each in site.diagnostics()[path]]
    if text:
        assert codes is None or found == codes
    else:
        assert found == []  # an empty YAML file in no project need not be flows
    path.write_bytes(text.encode())
    try:
        load([tmp_path], discover())
        checked = []
    except LoadError as error:
        checked = [each.code for each in error.diagnostics]
    assert not text or found == checked


def test_a_large_text_does_not_block_answers(tmp_path: Path) -> None:
    path, large = tmp_path / "greet.yaml", tmp_path / "large"
    large.mkdir()
    steps = "".join(f"      - logger: {{message: 'number {number} #[payload]'}}\n" for number in range(30_000))

    async def test() -> None:
        async with editor(tmp_path) as client:
            client.open(large / "large.yaml", "flows:\n  large:\n    steps:\n" + steps)
            client.open(path, WRONG)
            assert await client.codes(path, 1) == ["F102", "F401"]

    run(test)


def test_applications_and_projects(tmp_path: Path) -> None:
    """A folder with flows is an application; a project file says which are; other YAML files are nobody's."""
    project, alone = tmp_path / "project", tmp_path / "project" / "alone"
    for folder in (project / "flows", alone, tmp_path / "other"):
        folder.mkdir(parents=True)
    (project / "pyproject.toml").write_text('[tool.engine]\npaths = ["flows"]\nset = { "who" = "you" }\n')
    (project / "flows" / "one.yaml").write_text("flows: {one: {steps: [{flow-ref: {name: two}}]}}\n")
    (project / "flows" / "two.yaml").write_text("sub-flows: {two: {steps: [{logger: {message: '${who}'}}]}}\n")
    (project / "flows" / "one.test.yaml").write_text("cases: {it runs: {flow: won, expect: {payload: null}}}\n")
    (alone / "one.yaml").write_text("flows: {one: {steps: [{flow-ref: {name: two}}]}}\n")
    (tmp_path / "other" / "compose.yaml").write_text("services: {db: {image: postgres}}\n")

    async def test() -> None:
        async with editor(project, tmp_path / "other") as client:
            tested = project / "flows" / "one.test.yaml"
            assert await client.codes(tested) == ["F501"]  # the project is checked before a file is open
            client.open(alone / "one.yaml")
            assert await client.codes(alone / "one.yaml", 1) == ["F501"]
            client.open(tmp_path / "other" / "compose.yaml")
            assert await client.codes(tmp_path / "other" / "compose.yaml", 1) == []
            one, two = project / "flows" / "one.yaml", project / "flows" / "two.yaml"
            client.open(one)
            assert await client.codes(one, 1) == []
            before = client.count(one)
            two.write_text("sub-flows: {three: {steps: []}}\n")
            client.written(two)
            assert await client.codes(one, after=before) == ["F501"]

    run(test)


def test_a_mistake_names_another_place(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("flows:\n  same: {steps: []}\n")
    second.write_text("flows:\n  same: {steps: []}\n")

    async def test() -> None:
        async with editor(tmp_path, options={"documentation": "https://flows.example/mistakes/"}) as client:
            client.open(second)
            (found,) = await client.diagnostics(second, 1)
            assert found.code == "F503"
            assert found.message.splitlines()[1] == "expected: another name (the first is at a.yaml:2)"
            (related,) = found.related_information or []
            assert (related.location.uri, related.location.range.start.line) == (first.as_uri(), 1)
            assert found.code_description
            assert found.code_description.href == "https://flows.example/mistakes/#f503"

    run(test)


def test_own_processors_break_and_are_mended(tmp_path: Path) -> None:
    """The server lives on, tells at the flow which module cannot be imported, and takes what is written next."""
    package = tmp_path / "shop"
    package.mkdir()
    path, shout = tmp_path / "flows.yaml", package / "shout.py"
    (tmp_path / "pyproject.toml").write_text('[tool.engine]\npaths = ["flows.yaml"]\nprocessors = ["shop"]\n')
    path.write_text("flows: {loud: {steps: [{shout: {mark: '!'}}]}}\n")
    right = (
        "from engine import Event, Processor\n\n\nclass Shout(Processor):\n    tone: str = '?'\n\n"
        "    def run_plain(self, event: Event) -> Event:\n        return event\n"
    )
    shout.write_text("print('to the standard output')\nimport nothing_of_this_name\n")

    async def test() -> None:
        async with editor(tmp_path) as client:
            client.open(path)
            (found,) = await client.diagnostics(path, 1)
            assert found.code == "F110"
            assert "nothing_of_this_name" in found.message
            for text, codes in (
                ("def (:\n", ["F110"]),
                ("raise SystemExit(3)\n", ["F110"]),
                (right, ["F301"]),
                (right.replace("tone", "mark"), []),
            ):
                before = client.count(path)
                shout.write_text(text)
                client.written(shout)
                assert await client.codes(path, after=before) == codes
            project = tmp_path / "pyproject.toml"
            project.write_text(project.read_text().replace('"shop"', '"shopp"'))
            client.written(project)
            (about,) = await client.diagnostics(project)
            assert about.message == "there is no package 'shopp' to import"
            assert about.range.start.line == 2

    run(test)


def test_what_fails_is_answered_with_an_error(tmp_path: Path) -> None:
    path = tmp_path / "greet.yaml"
    path.write_text(RIGHT)

    async def test() -> None:
        async with editor(tmp_path) as client:
            with pytest.raises(Exception, match=r"not defined|unknown|Unknown"):
                await client.workspace_execute_command_async(types.ExecuteCommandParams("no such command"))
            position = types.Position(99999, 99999)
            with pytest.raises(Exception, match="textDocument/nothing"):
                await client.protocol.send_request_async("textDocument/nothing", {"position": position})
            client.text_document_did_change(
                types.DidChangeTextDocumentParams(
                    types.VersionedTextDocumentIdentifier(2, (tmp_path / "never-opened.yaml").as_uri()), []
                )
            )
            client.open(path, WRONG)
            assert await client.codes(path, 1) == ["F102", "F401"]

    run(test)


def test_a_missing_package_is_told() -> None:
    program = "import sys; sys.modules['lsprotocol'] = None; from engine.tools.cli import main; main(['lsp'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr == "engine: the language server needs the package pygls: pip install 'flow-engine[editor]'\n"


def test_edits_stay_in_the_workspace(tmp_path: Path) -> None:
    """A link may lead out of the folders of the workspace: nothing is written there."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "flows.yaml").write_text(RIGHT)
    (inside / "link.yaml").symlink_to(outside / "flows.yaml")
    (inside / "folder").symlink_to(outside, target_is_directory=True)
    workspace = Workspace([inside])
    assert workspace.contains(inside / "flows.yaml")
    assert workspace.contains(inside / "new" / "flows.yaml")
    for path in (inside / "link.yaml", inside / "folder" / "flows.yaml", outside / "flows.yaml"):
        assert not workspace.contains(path)


def test_a_folder_that_is_not_there_makes_no_other_one_writable(tmp_path: Path) -> None:
    workspace = Workspace([tmp_path / "inside"])
    file = tmp_path / "gone" / "flows.yaml"
    workspace.open(file, file.as_uri(), RIGHT, 1)
    assert workspace.contains(file)
    assert not workspace.contains(tmp_path / "flows.yaml")


def test_renaming_and_actions_write_through_no_link(tmp_path: Path) -> None:
    """The folder, and the test file beside a flow, are links that lead out of the workspace."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a.yaml").write_text("flows: {alpha: {steps: []}}\n")
    (outside / "a.test.yaml").write_text("cases:\n  one: {flow: alpha, expect: {error: null}}\n")
    (inside / "linked").symlink_to(outside, target_is_directory=True)
    (inside / "a.test.yaml").symlink_to(outside / "missing.test.yaml")

    async def test() -> None:
        async with editor(inside) as client:
            at = types.Position(0, 9)
            for path in (inside / "a.yaml", inside / "linked" / "a.yaml"):
                client.open(path)
                await client.diagnostics(path)
                params = types.CodeActionParams(
                    types.TextDocumentIdentifier(path.as_uri()),
                    types.Range(at, at),
                    types.CodeActionContext([], only=["source"]),
                )
                [found] = await client.text_document_code_action_async(params) or []
                assert isinstance(found, types.CodeAction)
                assert found.edit is None
                assert found.disabled
                assert found.disabled.reason.startswith("a.test.yaml lies outside of the workspace")
            linked = types.TextDocumentIdentifier((inside / "linked" / "a.yaml").as_uri())
            with pytest.raises(JsonRpcException, match=r"a(\.test)?\.yaml lies outside of the workspace"):
                await client.text_document_rename_async(types.RenameParams(linked, at, "beta"))

    run(test)


def test_what_was_told_of_files_that_are_gone_is_taken_back(tmp_path: Path) -> None:
    """A new file is closed without being saved; a folder leaves; a project file is broken, beside another project."""
    wrong, projects = "flows: {a: {steps: [{flow-ref: {name: nowhere}}]}}\n", [tmp_path / "one", tmp_path / "two"]
    for folder in projects:
        (folder / "flows").mkdir(parents=True)
        (folder / "pyproject.toml").write_text('[tool.engine]\npaths = ["flows"]\n')
        (folder / "flows" / "flows.yaml").write_text(wrong)
    one, two = (folder / "flows" / "flows.yaml" for folder in projects)
    new, project = one.with_name("new.yaml"), projects[0] / "pyproject.toml"

    async def test() -> None:
        async with editor(*projects) as client:
            for path in (one, two):
                assert await client.codes(path) == ["F501"]
            client.open(new, "flows: {b: {steps: [{flow-ref: {name: nowhere}}]}}\n")
            assert await client.codes(new, 1) == ["F501"]
            before = client.count(new)
            client.close(new)
            assert await client.codes(new, after=before) == []
            project.write_text("[tool.engine\n")
            client.written(project)
            assert len(await client.diagnostics(project)) == 1
            before = client.count(two)
            event = types.WorkspaceFoldersChangeEvent([], [types.WorkspaceFolder(projects[1].as_uri(), "two")])
            client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
            assert await client.codes(two, after=before) == []
            assert len(client.found[project.as_uri()][-1].diagnostics) == 1

    run(test)


def test_half_a_character_is_no_end_of_all_answers(tmp_path: Path) -> None:
    """Editors of JavaScript may have half of a pair of UTF-16 in their text."""
    path = tmp_path / "flows.yaml"
    text = Text(path, path.as_uri(), "flows: {a: \ud83d😀}\n")
    assert text.source == "flows: {a: \ufffd😀}\n"
    assert text.position(13) == (0, 14)
    assert text.changed(Change("\ude00", (0, 0), (0, 1)), 2).source == "\ufffdlows: {a: \ufffd😀}\n"


def test_two_projects_have_packages_of_one_name(tmp_path: Path) -> None:
    sites = []
    for name in ("one", "two"):
        package = tmp_path / name / "things"
        package.mkdir(parents=True)
        (tmp_path / name / "pyproject.toml").write_text('[tool.engine]\npaths = ["f.yaml"]\nprocessors = ["things"]\n')
        (package / f"{name}.py").write_text(
            f"from engine import Event, Processor\n\n\nclass {name.title()}(Processor):\n"
            "    def run_plain(self, event: Event) -> Event:\n        return event\n"
        )
        (tmp_path / name / "f.yaml").write_text(f"flows: {{f: {{steps: [{{{name}: {{}}}}]}}}}\n")
        sites.append(Workspace([tmp_path]).site_of(tmp_path / name / "f.yaml"))
    for site in [*sites, *sites]:
        assert {str(path): found for path, found in site.diagnostics().items() if found} == {}


def _range(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))
