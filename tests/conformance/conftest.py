"""The number of cases is told at the end of each run, whatever else it tells."""

from __future__ import annotations

from _pytest.terminal import TerminalReporter


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    passed = [report for report in terminalreporter.getreports("passed") if "test_case[" in report.nodeid]
    terminalreporter.write_line(f"{len(passed)} cases of the language hold")
