"""pytest's fixtures for flows and steps: each provides a function that a test calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from engine.testing.bench import Bench


@pytest.fixture
def _bench(pytestconfig: pytest.Config) -> Iterator[Bench]:
    from engine.testing.bench import Bench

    with Bench(pytestconfig.getoption("--flow-database")) as bench:
        yield bench


@pytest.fixture
def flow_app(_bench: Bench) -> Any:
    """`flow_app("flows/", properties={…})`: the application of flow files, on which run_flow and post work.

    As in test files, databases are its own and in memory, and a call of a service that no mock answers is an
    AssertionError; `real=["Payments_API"]` and `environment=["DB_URL"]` make exceptions.
    """
    return _bench.load


@pytest.fixture
def run_flow(_bench: Bench) -> Any:
    """`run_flow("upsert", payload={…}, vars={…})`: the event after a flow or sub-flow. Raises FlowError."""
    return _bench.run_flow


@pytest.fixture
def run_step(_bench: Bench) -> Any:
    """`run_step("- set-payload: {value: hi}", payload=…)`: the event after steps. Raises FlowError, LoadError."""
    return _bench.run_step


@pytest.fixture
def mock_processor(_bench: Bench) -> Any:
    """`mock_processor("http:request", returns={…})` or `raises="HTTP:TIMEOUT"`: a replacement for a processor.

    It returns the list of the events that entered it.
    """
    return _bench.mock


@pytest.fixture
def post(_bench: Bench) -> Any:
    """`post("/api/orders", {…})`: the answer to a POST: status, headers, body."""
    return _bench.post
