"""What holds for every test: no event loop may stand."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from watchdog.watchdog import LONGEST_STAND, watch_loops

_stands: list[float] = []
watch_loops(_stands.append)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "holds_loop(reason): the test itself holds its event loop, not the engine")
    config.addinivalue_line("markers", "reaches(limit, …): the test goes beyond these limits of engine/limits.py")


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
