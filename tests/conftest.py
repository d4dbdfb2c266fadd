"""What holds for every test: no event loop stands, and no secret is printed, logged or answered."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from watched.loop_watch import LONGEST_STAND, on_import, watch_loops
from watched.secret_watch import SecretWatch

_stands: list[float] = []
watch_loops(_stands.append)
_shown: list[str] = []
_watch = SecretWatch(_shown.append)
on_import(_watch.imported)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "holds_loop(reason): the test itself holds its event loop, not the engine")
    config.addinivalue_line(
        "markers", "shows_secrets(reason): a flow of the test itself shows what is marked as secret"
    )
    config.addinivalue_line("markers", "reaches(limit, …): the test goes beyond these limits of engine/limits.py")


@pytest.fixture
def shows_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test whose flow, or whose caller, itself shows what is marked as secret."""
    monkeypatch.setenv("SHOWS_SECRETS", "yes")


def pytest_collection_finish() -> None:
    """Keep the garbage collector from walking through thousands of tests each time it looks at what a flow left."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test during which an event loop of this process stood."""
    _stands.clear()
    result = yield
    if _stands and item.get_closest_marker("holds_loop") is None:
        pytest.fail(f"the event loop stood for {max(_stands):.2f} s of processor time; {LONGEST_STAND} s are allowed")
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Fail a test that shows a secret in what it prints, logs or answers."""
    report = yield
    if call.when == "call" and report.passed:
        for name, text in report.sections:
            if "log" not in name:  # pytest's own lines of records, which the engine has not written
                _watch.look(text, name)
        if _shown and "shows_secrets" not in getattr(item, "fixturenames", ()):
            report.outcome, report.longrepr = "failed", "\n".join(_shown)
    if call.when == "teardown":
        _shown.clear()
        _watch.forget()
    return report
