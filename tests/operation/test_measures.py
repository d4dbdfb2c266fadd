"""Measures themselves: bounds, names, readers that fail, and what remains when flows are loaded again."""

from __future__ import annotations

import asyncio
import math
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from measured import measured, samples
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from engine import Application, FlowError
from engine.loading.diagnostic import LoadError
from engine.operation.exposition import OPEN_METRICS, TEXT, exposition, exposition_type
from engine.operation.snapshot import merged, snapshot
from engine.work.measures import LONGEST_LABEL, MOST_SERIES, Histogram, Measures, Misnamed, Taken

PAGE = (Path(__file__).parents[2] / "docs" / "operation.md").read_text(encoding="utf-8")


def told(measures: Measures) -> dict[str, float]:
    """The samples as OpenMetrics tells them."""
    families = text_string_to_metric_families(exposition(snapshot(measures), OPEN_METRICS))
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value for each in families for sample in each.samples
    }


@pytest.mark.parametrize("label", ["", '"', "\\", "\n", "a\\nb", "}", "ä€😀", "a" * 500, '\\"\n', "#"])
def test_any_label_is_read_as_it_is(label: str) -> None:
    measures = Measures()
    measures.counter("x_total", 'Help with "quotes", \\ and\nlines', name=label).value += 2
    [(name, value)] = told(measures).items()
    shown = label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"
    assert (name, value) == (f"x_total{[('name', shown)]}", 2)


@pytest.mark.parametrize("value", [0, 1, -1, 0.1, 1e-9, 1e300, math.inf, -math.inf, 2**70, True])
def test_any_number_is_read_as_it_is(value: float) -> None:
    measures = Measures()
    measures.read("x", "A number", lambda: value)
    assert told(measures) == {"x[]": float(value)}


def test_not_a_number_is_told() -> None:
    measures = Measures()
    measures.read("x", "A number", lambda: math.nan)
    assert math.isnan(told(measures)["x[]"])


def test_series_are_bounded() -> None:
    measures = Measures()
    for number in range(MOST_SERIES + 50):
        measures.counter("x_total", "Many", number=str(number)).value += 1
        measures.read("y", "Many", lambda: 1, number=str(number))
    values = told(measures)
    assert len(values) == 2 * MOST_SERIES + 1
    assert values["x_total[('number', 'other')]"] == 50


def test_a_histogram_counts_a_value_below_its_bound() -> None:
    histogram = Histogram((1.0, 2.5))
    for value in (0.5, 1.0, 1.1, 2.5, 99):
        histogram.observe(value)
    assert (histogram.counts, histogram.sum) == ([2, 2, 1], 104.1)


def test_one_name_is_one_measure() -> None:
    measures = Measures()
    counter = measures.counter("x_total", "Counts", place="a")
    assert measures.counter("x_total", "Counts", place="a") is counter
    tally = measures.tally("errors_total", "Errors", "type", place="a")
    tally.add("A")
    assert measures.counter("errors_total", "Errors", place="a", type="A").value == 1
    for again in (
        lambda: measures.counter("x_total", "Counts"),
        lambda: measures.counter("x_total", "Counts", other="a"),
        lambda: measures.read("x_total", "Counts", lambda: 1, place="a"),
        lambda: measures.read("x", "Would be the same in OpenMetrics", lambda: 1, place="a"),
        lambda: measures.tally("x_total", "Counts", "type", place="a"),
    ):
        with pytest.raises((Taken, Misnamed)):
            again()


@pytest.mark.parametrize("name", ["", "x", "X_total", "9_total", "x-y_total", "ü_total", "a b_total", "x_total\n"])
def test_a_counter_needs_a_name_that_is_one(name: str) -> None:
    with pytest.raises(Misnamed):
        Measures().counter(name, "Counts")


@pytest.mark.parametrize("label", ["le", "A", "a-b", "ä", "9"])
def test_labels_have_names_that_are_ones(label: str) -> None:
    with pytest.raises(Misnamed):
        Measures().counter("x_total", "Counts", **{label: "a"})


def test_readers_that_fail_leave_out_their_value_alone(caplog: pytest.LogCaptureFixture) -> None:
    measures = Measures()

    def unreachable() -> float:
        raise FlowError("OS:STORE_NOT_AVAILABLE", "away")

    measures.read("away", "Cannot be reached now", unreachable)
    measures.read("broken", "Is a bug", lambda: 1 / 0)
    measures.read("none", "There is none now", lambda: None)
    measures.read("fine", "Is there", lambda: 1)
    assert told(measures) == {"fine[]": 1}
    assert caplog.messages == ["the measure broken cannot be read"]


def test_processes_are_merged_as_each_measure_says() -> None:
    def process(value: int) -> Any:
        measures = Measures()
        measures.counter("c_total", "Sum", of=str(value)).value += value
        measures.counter("c_total", "Sum", of="all").value += value
        measures.histogram("h", "Sum", (1, 5)).observe(value)
        measures.read("most", "Greatest", lambda: value, merge="max")
        measures.read("least", "Least", lambda: value, merge="min")
        return snapshot(measures)

    families = merged([process(1), process(7)])
    both = {each["name"]: {tuple(labels): value for labels, value in each["series"]} for each in families}
    assert both["c_total"] == {("1",): 1, ("7",): 7, ("all",): 8}
    assert both["h"][()] == {"bounds": [1, 5], "counts": [1, 0, 1], "sum": 8}
    assert (both["most"][()], both["least"][()]) == (7, 1)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [("", TEXT), ("*/*", TEXT), ("text/plain;version=0.0.4", TEXT),
     ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2", OPEN_METRICS)],
)  # fmt: skip
def test_the_format_is_the_one_that_is_asked_for(accept: str, media_type: str) -> None:
    assert exposition_type(accept) == media_type


FLOWS = """
configs:
  Q: {vm:config: {queues: [{queueName: q}]}}
flows:
  f:
    steps:
      - foreach: {collect: {target: out}, steps: [{logger: {}}]}
      - vm:publish: {config-ref: Q, queueName: q}
"""


def test_flows_that_are_loaded_again_go_on_counting(tmp_path: Path) -> None:
    """Counters are those of before; what is read is read of the new elements; what nobody counts any more is gone."""
    flows = tmp_path / "flows.yaml"
    flows.write_text(FLOWS)

    async def work() -> None:
        async with Application.load(flows, metrics=True) as app:
            await app.run("f", [1, 2])
            flows.write_text(FLOWS.replace("{logger: {}}", "{logger: {message: other}}"))
            await app.reload()
            await app.run("f", [1, 2, 3])
            assert measured(app, "engine_collect_records_total", outcome="succeeded") == 5
            assert measured(app, "engine_queue_published_total", queue="q") == 2
            assert measured(app, "engine_queue_depth", queue="q") == 2
            flows.write_text(FLOWS.replace("collect", "colect"))
            with pytest.raises(LoadError):
                await app.reload()
            await app.run("f", [1])
            assert measured(app, "engine_collect_records_total", outcome="succeeded") == 6
            assert measured(app, "engine_queue_depth", queue="q") == 3
            flows.write_text(FLOWS.replace("collect: {target: out}, ", ""))
            await app.reload()
            await app.run("f", [1])
            assert samples(app, "engine_collect_records_total", {}) == []
            assert measured(app, "engine_queue_depth", queue="q") == 4

    asyncio.run(work())


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.partition("## Metrics")[2].partition("\n## ")[0], re.DOTALL)


def test_the_page_serves_the_metrics_of_an_embedded_application(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "flows.yaml").write_text(FLOWS)
    names: dict[str, Any] = {}
    exec(blocks()[0], names)  # noqa: S102  # the page's

    async def work() -> None:
        async with names["flows"]:
            await names["flows"].run("f", [1])
        answer = await names["metrics"](SimpleNamespace(headers={"accept": "application/openmetrics-text"}))
        assert answer.headers["content-type"] == OPEN_METRICS
        families = {family.name: family for family in text_string_to_metric_families(answer.body.decode())}
        assert families["engine_collect_records"].samples[0].value == 1
        assert "process_cpu_seconds" in families

    asyncio.run(work())


def test_the_element_of_the_page_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop_greetings").mkdir()
    (tmp_path / "shop_greetings" / "__init__.py").write_text("")
    (tmp_path / "shop_greetings" / "greet.py").write_text(blocks()[1])
    (tmp_path / "flows.yaml").write_text("flows: {f: {steps: [{greet: {}}, {greet: {doc:name: again}}]}}")
    monkeypatch.syspath_prepend(tmp_path)
    app = Application.load(tmp_path / "flows.yaml", processors=["shop_greetings"], metrics=True)
    assert asyncio.run(app.run("f")).payload == "hello"
    assert measured(app, "shop_greetings_total", place="f/steps/0") == 1
    assert measured(app, "shop_greetings_total", place="again") == 1
