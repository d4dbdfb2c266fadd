"""Which traces are recorded: decided before any span, as the SDK's own samplers would."""

from __future__ import annotations

import logging
from random import Random

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Sampler, _get_from_env_or_default

from engine.operation.telemetry.sampling import Sampling

LIMIT = 2**64
SHARES = ("0", "0.25", "1", "1e-9")
IDS = [Random(7).getrandbits(128) for _ in range(500)]  # noqa: S311  # a test
EDGES = [1, LIMIT // 4 - 1, LIMIT // 4, LIMIT // 2, LIMIT - 1, LIMIT, (1 << 127) + LIMIT // 4 - 1]


def sdk(sampler: Sampler, trace_id: int, flags: int | None) -> bool:
    context = Context()
    if flags is not None:
        parent = trace.SpanContext(trace_id, 7, True, trace.TraceFlags(flags))
        context = trace.set_span_in_context(trace.NonRecordingSpan(parent), context)
    return sampler.should_sample(context, trace_id, "x").decision.is_sampled()


@pytest.mark.parametrize(
    ("name", "share"),
    [
        (None, None),
        ("always_on", None),
        ("always_off", None),
        ("parentbased_always_on", None),
        ("parentbased_always_off", "0.5"),
        *(
            (name, share)
            for name in ("traceidratio", "parentbased_traceidratio")
            for share in ("0", "0.25", "1", "1e-9")
        ),
        ("traceidratio", None),
        ("TraceIdRatio", "0.25"),
    ],
)
def test_as_the_samplers_of_the_sdk(monkeypatch: pytest.MonkeyPatch, name: str | None, share: str | None) -> None:
    variables = {"OTEL_TRACES_SAMPLER": name, "OTEL_TRACES_SAMPLER_ARG": share}
    given = {key: value for key, value in variables.items() if value is not None}
    for key in variables:
        monkeypatch.delenv(key, raising=False)
    for key, value in given.items():
        monkeypatch.setenv(key, value)
    sampling, sampler = Sampling.of(given), _get_from_env_or_default()
    taken = [sampling.taken_id() for _ in range(300) if sampling.share > 0]
    left = [sampling.left_id() for _ in range(300) if sampling.share < 1]
    assert all(sdk(sampler, trace_id, None) for trace_id in taken)
    assert not any(sdk(sampler, trace_id, None) for trace_id in left)
    assert len({*taken, *left}) == len(taken) + len(left) > 0
    for trace_id in [*IDS, *EDGES]:
        for flags in (0, 1, 2, 3):
            parent = f"00-{trace_id:032x}-{7:016x}-{flags:02x}"
            taken_of = flags & 1 == 1 if sampling.follows_parent else sampling.takes(parent)
            assert taken_of == sdk(sampler, trace_id, flags), parent


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"OTEL_TRACES_SAMPLER": "xray"}, "OTEL_TRACES_SAMPLER names 'xray', which is unknown here"),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "a lot"}, "expected a share from 0 to 1"),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "1.5"}, "expected a share from 0 to 1"),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "nan"}, "expected a share from 0 to 1"),
    ],
)
def test_what_is_asked_in_vain_is_told(caplog: pytest.LogCaptureFixture, given: dict[str, str], told: str) -> None:
    with caplog.at_level(logging.WARNING, logger="engine"):
        sampling = Sampling.of(given)
    assert told in caplog.text
    assert sampling.share == 1
