"""`engine serve --workers`: several processes that answer at the same sockets."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

log = logging.getLogger("engine")

SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM})
PAUSE = 1.0
"""Seconds until a worker that ended right after its start is restarted."""

Ready = Callable[[], None]
Work = Callable[[int, Ready], int]
"""The work of a worker, with its number from 0, and a function to call when it answers; returns the exit code."""


class Workers:
    """Processes forked from one that has loaded the flows; one that dies is restarted, SIGTERM and Ctrl-C end all.

    The first worker starts alone, so that one-time work, such as a script of a database, does not run twice at the same
    time.
    """

    def __init__(self, count: int, work: Work) -> None:
        self._count = count
        self._work = work
        self._numbers: dict[int, int] = {}
        self._began: dict[int, float] = {}
        self._is_ending = False
        self._life: tuple[int, int] = os.pipe()
        """Nobody writes to it: its end tells a worker that the parent is gone."""

    def run(self, ready: Callable[[], None]) -> int:
        """Serve until a signal comes; return 0 if each worker ended as it should, otherwise 1."""
        gc.freeze()  # loaded objects are shared between the processes as long as nobody touches them
        for number in SIGNALS:
            signal.signal(number, self._end)
        for worker in range(self._count):
            if not self._start(worker, waits=True) and not self._is_ending:
                self._end()
                self._await_all()
                return 1
        if not self._is_ending:
            ready()
        return self._await_all()

    def _end(self, *_: Any) -> None:
        """Tell the workers to end; a second time they end immediately."""
        self._is_ending = True
        for process in list(self._numbers):
            os.kill(process, signal.SIGTERM)

    def _start(self, worker: int, *, waits: bool = False) -> bool:
        """Fork a worker; if `waits`, return whether it got as far as answering."""
        reading, writing = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        process = os.fork()
        if process == 0:
            os.close(reading)
            self._become(worker, writing)
        self._numbers[process], self._began[process] = worker, time.monotonic()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        os.close(writing)
        if self._is_ending:
            os.kill(process, signal.SIGTERM)
        is_ready = not waits or os.read(reading, 1) == b"."
        os.close(reading)
        return is_ready

    def _become(self, worker: int, writing: int) -> NoReturn:
        """Be the worker; Ctrl-C, which a terminal sends to all processes, is handled by the parent."""
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            os.close(self._life[1])
            code = self._work(worker, lambda: self._tell(writing))
        except BaseException:
            log.exception("unexpected error in worker %d", worker)
        finally:
            logging.shutdown()  # the handlers may have something left to tell
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _tell(self, writing: int) -> None:
        """Tell the parent that the worker answers, and end when the parent is gone."""
        import asyncio

        loop = asyncio.get_running_loop()

        def orphaned() -> None:
            loop.remove_reader(self._life[0])
            os.kill(os.getpid(), signal.SIGTERM)

        loop.add_reader(self._life[0], orphaned)
        with suppress(BrokenPipeError):  # nobody waits for one that was restarted
            os.write(writing, b".")
        os.close(writing)

    def _await_all(self) -> int:
        """Wait until all have ended; meanwhile, restart those that die."""
        result = 0
        while self._numbers:
            process, status = os.wait()
            code = os.waitstatus_to_exitcode(status)
            worker = self._numbers.pop(process, None)
            lived = time.monotonic() - self._began.pop(process, 0.0)
            if worker is None:
                continue
            if self._is_ending:
                result |= code not in (0, -signal.SIGTERM)
                continue
            log.error("worker %d ended with %s; it is started anew", worker, _told(code))
            if lived < PAUSE:
                time.sleep(PAUSE)
            if not self._is_ending:
                self._start(worker)
        return result


def _told(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"the exit code {code}"
