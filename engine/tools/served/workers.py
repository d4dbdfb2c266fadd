"""`engine serve --workers`: several processes that answer at the same sockets."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NoReturn

from engine.operation.addresses import Serving
from engine.operation.reload import Reload, Reloaded
from engine.tools.served.channel import Channel, Order, Word
from engine.tools.served.pulses import Pulses
from engine.tools.served.service_manager import STOPPING, ServiceManager, beat, beat_of_process
from engine.tools.served.terminal import has_terminal

log = logging.getLogger("engine")

ENDS = frozenset({signal.SIGINT, signal.SIGTERM})
SIGNALS = ENDS | {signal.SIGHUP, signal.SIGCHLD} if hasattr(signal, "SIGHUP") else ENDS
PAUSE = 1.0
"""Seconds until a worker that ended right after its start is restarted."""

PATIENCE = 120.0
"""Seconds that a worker has to load the flows again."""


Hide = Callable[[frozenset[str]], None]
Ready = Callable[[], None]
Work = Callable[[Ready, Channel], int]
"""The work of a worker, with a function to call when it answers, and its connection; returns the exit code."""


class Workers:
    """Processes forked from one that has loaded the flows; one that dies is restarted, SIGTERM and Ctrl-C end all.

    The first worker starts alone, so that one-time work, such as a script of a database, does not run twice at the same
    time. At SIGHUP the parent loads the flows again. If it can, each worker does so, one after another; workers that
    are restarted later have what the parent has loaded. If a service manager watches, a worker whose event loop is
    blocked is killed and restarted; the others go on.
    """

    def __init__(self, count: int, serving: Serving, hide: Hide, work: Work, manager: ServiceManager) -> None:
        """hide: as for a Reload. work: what a worker does."""
        self._count = count
        self._serving = serving
        self._hide = hide
        self._work = work
        self._manager = manager
        self._pulses = Pulses(count)
        self._numbers: dict[int, int] = {}
        self._channels: dict[int, Channel] = {}
        """The connection to each worker, by its process."""
        self._began: dict[int, float] = {}
        self._is_ending = self._is_hung_up = False
        self._result = 0
        self._life: tuple[int, int] = os.pipe()
        """Nobody writes to it: its end tells a worker that the parent is gone."""
        self._waking, self._woken = socket.socketpair()
        """A signal writes to it, and ends the wait for one."""

    def run(self, ready: Ready) -> int:
        """Serve until a signal comes; return 0 if each worker ended as it should, otherwise 1.

        ready: called when all workers answer.
        """
        gc.freeze()  # loaded objects are shared between the processes as long as nobody touches them
        self._handle_signals()
        for worker in range(self._count):
            if not self._start(worker, waits=True) and not self._is_ending:
                self._end()
                self._result = 1
                break
        if not self._is_ending:
            ready()
            beat_of_process(self._manager.watchdog, self._look)
        while self._numbers:
            self._reap()
            if self._is_hung_up and not self._is_ending:
                self._is_hung_up = False
                self._reload()
            elif self._numbers:
                self._wait()
        signal.set_wakeup_fd(-1)
        listening = [address.listening for address in self._serving.addresses if address.listening]
        for each in (*listening, self._waking, self._woken):
            each.close()
        return self._result

    # Signals

    def _handle_signals(self) -> None:
        self._waking.setblocking(False)
        self._woken.setblocking(False)
        signal.set_wakeup_fd(self._waking.fileno(), warn_on_full_buffer=False)
        for number in ENDS:
            signal.signal(number, self._end)
        if SIGNALS > ENDS:
            had_terminal = has_terminal()

            def hung_up(*_: object) -> None:
                if had_terminal and not has_terminal():
                    self._end()
                self._is_hung_up = True

            signal.signal(signal.SIGHUP, hung_up)
            signal.signal(signal.SIGCHLD, lambda *_: None)

    def _wait(self, seconds: float | None = None, channel: Channel | None = None) -> bool:
        """Wait for a signal, or for a word of a worker; return whether one came from there."""
        sources: list[socket.socket | Channel] = [self._woken, *([channel] if channel else [])]
        ready, _, _ = select.select(sources, [], [], seconds)
        with suppress(BlockingIOError):
            self._woken.recv(4096)
        return channel in ready

    def _end(self, *_: object) -> None:
        """Tell the workers to end; a second time they end immediately."""
        if not self._is_ending:
            self._manager.stopping(STOPPING)
        self._is_ending = True
        for process in list(self._numbers):
            os.kill(process, signal.SIGTERM)

    # Workers

    def _look(self) -> None:
        """Kill the workers that have not shown life for as long as the manager would wait, and show life itself."""
        limit = self._manager.watchdog
        for process, worker in list(self._numbers.items()):
            if (silence := self._pulses.silence(worker)) > limit:
                log.error("the event loop of worker %d has been blocked for %.0f s; it is killed", worker, silence)
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGABRT if silence < 2 * limit else signal.SIGKILL)
        self._manager.alive()

    def _start(self, worker: int, *, waits: bool = False) -> bool:
        """Fork a worker; if `waits`, return whether it got as far as answering."""
        ours, theirs = socket.socketpair()
        self._pulses.forget(worker)
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        process = os.fork()
        if process == 0:
            ours.close()
            self._become(worker, Channel(theirs))
        theirs.close()
        self._numbers[process], self._began[process] = worker, time.monotonic()
        self._channels[process] = channel = Channel(ours)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        if self._is_ending:
            os.kill(process, signal.SIGTERM)
        return not waits or channel.hears() is not None

    def _become(self, worker: int, channel: Channel) -> NoReturn:
        """Be the worker; Ctrl-C, which a terminal sends to all processes, is handled by the parent, as SIGHUP is."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in SIGNALS - {signal.SIGTERM}:
                signal.signal(number, signal.SIG_IGN)
            for number in SIGNALS - {signal.SIGINT} - {getattr(signal, "SIGHUP", signal.SIGINT)}:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            os.close(self._life[1])
            for other in self._channels.values():
                other.close()
            self._serving.app.parts.runtime.worker = worker
            code = self._work(lambda: self._tell(worker, channel), channel)
        except BaseException:
            log.exception("unexpected error in worker %d", worker)
        finally:
            logging.shutdown()  # the handlers may have something left to tell
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _tell(self, worker: int, channel: Channel) -> None:
        """Tell the parent that the worker answers, and end when the parent is gone."""
        loop = asyncio.get_running_loop()

        def orphaned() -> None:
            loop.remove_reader(self._life[0])
            os.kill(os.getpid(), signal.SIGTERM)

        loop.add_reader(self._life[0], orphaned)
        beat(self._manager.watchdog, partial(self._pulses.beat, worker))
        with suppress(OSError):  # nobody waits for one that was restarted
            channel.says(Word())

    def _reap(self) -> None:
        """Note which workers have ended, and restart those that died."""
        while self._numbers:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                return
            code = os.waitstatus_to_exitcode(status)
            worker = self._numbers.pop(process, None)
            lived = time.monotonic() - self._began.pop(process, 0.0)
            if worker is None:
                continue
            self._channels.pop(process).close()
            if self._is_ending:
                self._result |= code not in (0, -signal.SIGTERM)
                continue
            log.error("worker %d ended with %s; it is started anew", worker, _told(code))
            if lived < PAUSE:
                time.sleep(PAUSE)
            if not self._is_ending:
                self._start(worker)

    # Reload

    def _reload(self) -> None:
        """Load the flows again, here and then in each worker; tell those that wait for the outcome."""
        began, before = time.monotonic(), self._serving.addresses
        with self._manager.during_reload():
            outcome = asyncio.run(self._loaded())
            if outcome.is_done:
                outcome = outcome.beside(tuple(self._failures()))
                kept = {id(address.listening) for address in self._serving.addresses}
                for address in before:
                    if address.listening and id(address.listening) not in kept:
                        address.listening.close()
        for channel in list(self._channels.values()):
            with suppress(OSError):
                channel.says(Order(outcome, began))

    async def _loaded(self) -> Reloaded:
        reloading = Reload(self._serving.app, self._serving.prepare, self._hide)
        outcome = await reloading.reload()
        await self._serving.app.none_retiring()
        return outcome

    def _failures(self) -> list[str]:
        """Have each worker reload; return why some do not serve the new flows."""
        failures = []
        sockets = {each.name: each.listening for each in self._serving.addresses if each.listening}
        for process in list(self._numbers):
            worker, channel = self._numbers[process], self._channels[process]
            failure = self._failure(channel, sockets)
            if failure:
                failures.append(f"worker {worker} serves what it served before: {failure}")
                log.error("reload: %s", failures[-1])
        log.info("reload: %d of %d workers serve the new flows", len(self._numbers) - len(failures), len(self._numbers))
        return failures

    def _failure(self, channel: Channel, sockets: dict[str, socket.socket]) -> str:
        """Have a worker reload; return why it could not, empty if it could, or is restarted with the new flows."""
        until = time.monotonic() + PATIENCE
        try:
            channel.says(Order(), sockets)
            while not self._wait(max(0.0, until - time.monotonic()), channel):
                if time.monotonic() >= until:
                    return f"it has not answered within {PATIENCE:g} s"
            word = channel.hears()
        except OSError:
            return ""
        return "; ".join(word.outcome.mistakes) if isinstance(word, Word) and word.outcome else ""


def _told(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"the exit code {code}"


class WorkerReload:
    """The reload of a worker: whoever asks for it has the parent, and all workers, reload.

    A worker loads the flows again when the parent says so: the parent has loaded them before, without a mistake.
    """

    def __init__(self, own: Reload, serving: Serving, channel: Channel) -> None:
        self._own = own
        self._serving = serving
        self._channel = channel
        self._waiting: list[tuple[float, asyncio.Future[Reloaded]]] = []
        self._running: set[asyncio.Task[None]] = set()

    def listen(self) -> None:
        """Do from now on what the parent says."""
        asyncio.get_running_loop().add_reader(self._channel, self._hear)

    async def reload(self) -> Reloaded:
        """Have the parent and all workers reload; return what happened."""
        outcome: asyncio.Future[Reloaded] = asyncio.get_running_loop().create_future()
        self._waiting.append((time.monotonic(), outcome))
        os.kill(os.getppid(), signal.SIGHUP)
        return await outcome

    def _hear(self) -> None:
        sockets: dict[str, socket.socket] = {}
        order = self._channel.hears(sockets)
        if order is None:
            asyncio.get_running_loop().remove_reader(self._channel)
        elif isinstance(order, Order) and order.outcome is not None:
            self._tell(order.outcome, order.began)
        elif isinstance(order, Order):
            task = asyncio.get_running_loop().create_task(self._reload(sockets))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    def _tell(self, outcome: Reloaded, began: float) -> None:
        """Answer those who asked before that reload began: it has read what they had written."""
        for each in [each for each in self._waiting if each[0] <= began]:
            self._waiting.remove(each)
            if not each[1].done():
                each[1].set_result(outcome)

    async def _reload(self, sockets: dict[str, socket.socket]) -> None:
        known = {address.name for address in self._serving.addresses}
        self._serving.lent = {name: each for name, each in sockets.items() if name not in known}
        outcome = await self._own.reload()
        used = {id(address.listening) for address in self._serving.addresses}
        for each in sockets.values():
            if id(each) not in used:
                each.close()
        self._serving.lent = {}
        with suppress(OSError):
            self._channel.says(Word(outcome))
