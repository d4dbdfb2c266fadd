"""The documentation site: it says what the commands say, links lead somewhere, recipes and own elements are in it."""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest
from click.testing import CliRunner

from engine import dataweave
from engine.limits import LIMITS
from engine.loading.catalog import discover
from engine.manual import explaining, mistakes, pages
from engine.tools.cli import main
from engine.tools.documented.generating import FIRST, UNSEARCHED
from engine.tools.documented.generating import _write as write
from engine.tools.documented.pages import Page, prose
from engine.tools.documented.site import Site, Sources, site_of
from engine.tools.documented.written import FENCED

ROOT = Path(__file__).parent.parent.parent
CATALOG = discover()
DOCS = "docs"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def site() -> Site:
    return site_of(Sources("", ROOT / "docs", ROOT / "flows" / "gallery", CATALOG, main))


@pytest.fixture(scope="module")
def texts(site: Site) -> dict[str, str]:
    return {page.path: page.text for page in site.pages()}


def words(text: str) -> list[str]:
    """The words of a text in their order, whatever marks them up: no signs of Markdown, no targets of links."""
    text = re.sub(r"\]\([^)]*\)", "]", text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = re.sub(r"^```\w*$", "", text, flags=re.MULTILINE).replace("\\_", "_")
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("name", CATALOG.names())
def test_the_page_of_an_element_says_what_the_command_says(name: str, texts: dict[str, str]) -> None:
    module, _, own = name.rpartition(":")
    assert words(texts[f"reference/elements/{module or 'core'}/{own}.md"]) == words(pages.page(name, CATALOG[name]))


def test_the_page_of_a_function_says_what_the_command_says(texts: dict[str, str]) -> None:
    for name, function in pages.all_functions().items():
        told = words(pages.function_page(function))
        assert words(texts[f"reference/functions/{name}.md"]) == words(f"{name} {' '.join(told)}")


def test_the_pages_of_files_and_mistakes_say_what_the_command_says(texts: dict[str, str]) -> None:
    for topic in explaining.PAGES:
        assert words(texts[f"reference/files/{topic}.md"]) == words(explaining.page_of(topic))
    for code, page in list(mistakes.pages().items())[::9]:
        assert words(texts[f"reference/mistakes/{code}.md"]) == words(explaining.page_of_mistake(page))
    assert [code for code in mistakes.pages() if f"reference/mistakes/{code}.md" not in texts] == []


def test_all_that_is_derived_has_its_place(texts: dict[str, str]) -> None:
    limits = words(texts["reference/limits.md"])
    assert [limit.subject for limit in LIMITS if not set(words(limit.subject)) <= set(limits)] == []
    assert [name for name in main.commands if f"reference/commands/{name}.md" not in texts] == []
    for error_type in CATALOG.error_types().values():
        assert f"## {error_type}\n" in texts[f"reference/errors/{error_type.namespace.lower()}.md"]
    told = "\n".join(text for path, text in texts.items() if path.startswith("reference/dataweave/"))
    assert [name for name, _ in dataweave.declared() if f"## {name.rpartition('::')[2]}\n" not in told] == []


def test_the_page_of_an_error_type_names_who_raises_it(texts: dict[str, str]) -> None:
    told = texts["reference/errors/db.md"].partition("## DB:DEADLOCK\n")[2].partition("\n## ")[0]
    assert "A kind of [`DB:QUERY_EXECUTION`](db.md#dbquery_execution)" in told
    assert "[`db:insert`](../elements/db/insert.md)" in told


def test_the_page_of_a_command_has_those_below_it(texts: dict[str, str]) -> None:
    page = texts["reference/commands/batch.md"]
    assert "## engine batch show\n" in page
    assert "| `--follow` | Go on until it is over, with a bar in a terminal. |" in page


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


def test_every_link_and_anchor_leads_somewhere(texts: dict[str, str]) -> None:
    wrong, counted = [], 0
    for path, text in texts.items():
        for target in LINK.findall(FENCED.sub("", text)):
            file, _, anchor = target.partition("#")
            there = normpath(join(dirname(path), file)) if file else path
            if "://" not in target and not (there in texts and (not anchor or anchor in anchors(texts[there]))):
                wrong.append(f"{path}: {target}")
            counted += 1
    assert wrong == []
    assert counted > 1000


def test_each_page_stands_in_the_navigation_once(site: Site) -> None:
    paths = [page.path for page in site.pages()]
    assert len(paths) == len(set(paths))
    assert {path.name for path in (ROOT / "docs").glob("*.md")} <= set(paths)
    assert "changelog.md" in paths


def project(folder: Path) -> Site:
    """The site of a project with a page, an element and two recipes of its own."""
    files = {
        f"{DOCS}/notes.md": (
            "# Notes\n\nSee [code](../shop/loud.py), [more](more.md#a-b), `loud`, and `connectors/away`.\n"
        ),
        f"{DOCS}/more.md": '# More of it\n\n## A, b\n\n```yaml file=a/b.yaml\nx: "[no](gone.md)"\n```\n',
        "site_shop/loud.py": (
            'from engine import Event, Processor\n\n\nclass Loud(Processor):\n    """Be <loud> & *clear*.\n\n'
            '    Example:\n        run: [{loud: {}}]\n    """\n\n'
            "    def run_plain(self, event: Event) -> Event:\n        return event\n"
        ),
        "flows/gallery/README.md": "# Recipes\n\nAll of them.\n\n## How they are made\n\nWith care.\n",
        "flows/gallery/waiting.yaml": "mail: {imap: {waits-for: a connector, until-then: http}}\n",
        "flows/gallery/async/later/README.md": "# Later\n\nDo it\nlater.\n\n## Use it when\n\n- it waits\n",
        "flows/gallery/async/later/later.yaml": "flows: {}\n",
        "flows/gallery/connectors/away/README.md": "# Away\n\nIt is away: `async/later`.\n",
        "flows/gallery/connectors/away/a.json": "{}\n",
        "flows/gallery/connectors/away/away.test.yaml": "cases: {}\n",
        "flows/gallery/connectors/away/away.yaml": "flows: {a: {}}\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return site_of(Sources("shop", folder / "docs", folder / "flows" / "gallery", discover(["site_shop"]), main))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(folder)
        return {page.path: page.text for page in project(folder).pages()}


def test_a_project_has_its_own_pages_and_elements(own: dict[str, str]) -> None:
    assert "See code, [more](more.md#a-b), [`loud`](reference/elements/core/loud.md), and" in own["notes.md"]
    assert '```yaml title="a/b.yaml"\nx: "[no](gone.md)"\n' in own["more.md"]
    assert "Be &lt;loud&gt; &amp; \\*clear\\*." in own["reference/elements/core/loud.md"]
    assert "[More](more.md)" in own["index.md"]


def test_recipes_are_pages_with_their_files(own: dict[str, str]) -> None:
    index = own["gallery/index.md"]
    assert "| [Later](async/later.md) | Do it later. |" in index
    assert "| `mail/imap` | a connector | http |" in index
    assert index.index("## async") < index.index("## Waiting") < index.index("## How they are made")
    away = own["gallery/connectors/away.md"]
    assert "It is away: [`async/later`](../async/later.md)." in away
    assert re.findall(r"^### (.*)$", away, re.MULTILINE) == ["away.yaml", "a.json", "away.test.yaml"]
    assert "[`connectors/away`](gallery/connectors/away.md)" in own["notes.md"]


def test_what_markdown_would_read_is_written_as_it_is() -> None:
    assert prose("a_b *c* `d_e` [f](g) <h> #[i] | j & k \\l") == (
        "a\\_b \\*c\\* `d_e` \\[f\\](g) &lt;h&gt; \\#\\[i\\] \\| j &amp; k \\\\l"
    )


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("reference/elements/core/foreach.md", FIRST),
        ("retries.md", FIRST),
        ("gallery/retry/reconnection.md", ""),
        ("reference/functions/retry.md", ""),
        ("reference/mistakes/index.md", UNSEARCHED),
        ("changelog.md", ""),
    ],
)
def test_the_search_puts_guides_and_elements_first(path: str, head: str, tmp_path: Path) -> None:
    write([Page(path, "a title", "# A title\n")], tmp_path)
    assert (tmp_path / path).read_text() == f"{head}# A title\n"


def test_a_page_may_have_a_head_of_its_own(tmp_path: Path) -> None:
    own = "---\nsearch:\n  boost: 9\n---\n# Mine\n"
    write([Page("mine.md", "Mine", own)], tmp_path)
    assert (tmp_path / "mine.md").read_text() == own


def test_the_generator_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    told = CliRunner().invoke(main, ["docs", "build"])
    assert told.exit_code == 1
    assert "pip install 'flow-engine[docs]'" in told.output


class TestGenerate:
    """A few pages by the real generator; `engine docs build` makes all of them, which takes some seconds."""

    @pytest.fixture
    def small(self) -> Site:
        pytest.importorskip("mkdocs", reason="the extra docs is not installed")
        pytest.importorskip("material", reason="the extra docs is not installed")
        from engine.tools.documented.pages import Section

        pages = [Page("a/index.md", "A", "# A\n\n[b](b.md#a-sign-c)\n"), Page("a/b.md", "b", "# b\n\n## A sign: `C`\n")]
        return Site("Shop", Page("index.md", "Shop", "# Shop\n\n[a](a/index.md)\n"), (Section("A", pages),))

    def test_it_writes_a_site_that_asks_no_other_host(self, small: Site, tmp_path: Path) -> None:
        from engine.tools.documented.generating import generate

        out = tmp_path / "site"
        generate(small, out)
        generate(small, out)
        pages = {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*.html")}
        assert {"index.html", "a/index.html", "a/b.html"} <= set(pages)
        assert '<h2 id="a-sign-c">' in pages["a/b.html"]
        assert '<a href="b.html#a-sign-c">' in pages["a/index.html"]
        assert (out / "search" / "search_index.js").exists()
        for text in pages.values():
            assert re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"?(https?:)?//", text) == []

    def test_it_reports_links_that_lead_nowhere(self, small: Site, tmp_path: Path) -> None:
        from engine.tools.documented.generating import SiteError, generate

        broken = Site("Shop", Page("index.md", "Shop", "# Shop\n\n[a](gone.md) [b](a/b.md#gone)\n"), small.sections)
        with pytest.raises(SiteError, match=r"(?s)gone\.md.*#gone"):
            generate(broken, tmp_path / "site")
        assert not (tmp_path / "site").exists()

    def test_it_overwrites_nothing_but_a_site(self, small: Site, tmp_path: Path) -> None:
        from engine.tools.documented.generating import SiteError, generate

        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(SiteError, match="something else"):
            generate(small, tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
