"""Loops whose ends a caller decides: they keep to the flow's time, and others get their turns meanwhile."""

from __future__ import annotations

import pytest
from attacks.attack import watched
from server.running import Running

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
flows:
  endless:
    timeout: 2s
    source: {http:listener: {config-ref: Api, path: /endless}}
    steps:
      - repeat:
          until: "false"
          maxIterations: 1000000000
          steps: [{set-variable: {variableName: v, value: "#[vars.counter]"}}]
  nested:
    timeout: 2s
    source: {http:listener: {config-ref: Api, path: /nested}}
    steps:
      - repeat:
          until: "false"
          maxIterations: 1000000000
          steps:
            - repeat:
                until: vars.counter == `15`
                steps: [{repeat: {until: vars.counter == `15`, steps: [{set-payload: {value: "#[vars.counter]"}}]}}]
  empty:
    timeout: 2s
    source: {http:listener: {config-ref: Api, path: /empty}}
    steps: [{repeat: {while: "true", maxIterations: 1000000000, steps: []}}]
  bounded:
    source: {http:listener: {config-ref: Api, path: /bounded}}
    steps: [{repeat: {while: attributes.queryParams.more, steps: [{logger: {message: round, level: DEBUG}}]}}]
"""


@pytest.mark.parametrize(
    ("path", "status"),
    [("/endless", 504), ("/nested", 504), ("/empty", 504), ("/bounded?more=1", 500), ("/bounded", 200)],
)
def test_a_loop_that_would_not_end(attacked: Running, path: str, status: int) -> None:
    with watched(attacked):
        assert attacked.client.get(path).status_code == status
