"""`engine try`: a prompt at which a flow runs step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from textwrap import indent

import click

from engine.application import Application
from engine.tools.logs.lines import printable_lines
from engine.tools.playground.changes import changes, line_of, title, told_of
from engine.tools.playground.prompt import HELP, PROMPT, Prompt
from engine.tools.playground.walk import Stop, Walk
from engine.values.errors import FlowError
from engine.values.event import Event

STEPS = """\
  :step, or an empty line          let the next step run, and show what it has changed
  :over                            the same, with all steps inside of it
  :run                             let all others run
  :where                           the steps that wait, and what they are inside of
  :restart                         begin again, with the event of the beginning
What is set before a step is what the step gets. Steps act for real, as with `engine run`.
"""


class Stepping(Prompt):
    """The lines that are typed while a flow runs step by step. The event is the one that the next step gets."""

    commands = (":step", ":over", ":run", ":where", ":restart", *Prompt.commands)
    help = STEPS + HELP

    def __init__(
        self, app: Application, flow: str, event: Event, runner: asyncio.Runner, walk: Walk, hide: Callable[[str], str]
    ) -> None:
        """walk: one whose `around` the application was linked with; it tells `left` what has become of a step.

        hide: returns a text without secrets.
        """
        super().__init__(event, hide)
        self._app = app
        self._flow = flow
        self._entering = event
        self._runner = runner
        self._walk = walk
        self._begin()

    @property
    def sign(self) -> str:
        step = self._walk.next
        return f"{title(step.step)} {PROMPT}" if step else PROMPT

    @property
    def has_failed(self) -> bool:
        """Whether the flow has ended with an error."""
        return isinstance(self._walk.outcome, FlowError)

    def take(self, line: str) -> None:
        self._do(":step") if not line else super().take(line)

    def _do(self, command: str) -> None:
        own: dict[str, Callable[[], None]] = {
            ":step": self._step, ":over": self._over, ":run": self._run, ":where": self._where,
            ":restart": self._restart,
        }  # fmt: skip
        if command in own:
            own[command]()
        else:
            super()._do(command)

    def _begin(self) -> None:
        self._runner.run(self._walk.begin(self._app, self._flow, self._entering))
        self._arrive()

    def _step(self) -> None:
        self._go(is_whole=False)

    def _over(self) -> None:
        self._go(is_whole=True)

    def _run(self) -> None:
        while self._go(is_whole=False):
            pass

    def _go(self, *, is_whole: bool) -> bool:
        """Let the next step run, or wait on for one that runs; return whether another one waits."""
        if self._walk.next is not None:
            moving = self._walk.go(self.event, is_whole=is_whole)
        elif self._walk.is_running:
            moving = self._walk.until_next()
        else:
            click.echo("the flow has ended; :restart begins again", err=True)
            return False
        try:
            self._runner.run(moving)
        except KeyboardInterrupt:
            click.echo("\nthe step still runs; :step waits for it again, :restart gives it up", err=True)
            return False
        self._arrive()
        return self._walk.next is not None

    def _arrive(self) -> None:
        """Take the event of the step that is next, or that of the end."""
        outcome = self._walk.outcome
        if self._walk.next is not None:
            self.event = self._walk.next.event
        elif isinstance(outcome, FlowError):
            self.event = outcome.event or self.event
            click.echo(f"the flow has failed with {printable_lines(self._hide(told_of(outcome)))}")
        elif outcome is not None:
            self.event = outcome
            click.echo("the flow has ended; :payload shows what it leaves")

    def _where(self) -> None:
        stop = self._walk.next
        if stop is None:
            return click.echo("a step still runs" if self._walk.is_running else "the flow has ended")
        for each in stop.trail:
            click.echo(f"{'  ' * each.depth}{title(each.step)}  {line_of(each.step)}")
        if self._walk.others:
            click.echo(f"beside it wait: {', '.join(title(each.step) for each in self._walk.others)}")

    def _restart(self) -> None:
        self._runner.run(self._walk.give_up(self._app))
        self.event = self._entering
        self._begin()


def left(hide: Callable[[str], str]) -> Callable[[Stop, Event | FlowError], None]:
    """Return a function that prints what has become of a step. hide: returns a text without secrets."""
    told: list[FlowError] = []

    def tell(stop: Stop, found: Event | FlowError) -> None:
        margin = "  " * stop.depth
        if isinstance(found, FlowError):
            text = str(found.type) if any(found is each for each in told) else told_of(found)
            told[:] = [found]
            click.echo(f"{margin}✗ {title(stop.step)}: {printable_lines(hide(text))}")
            return
        click.echo(f"{margin}✓ {title(stop.step)}")
        for change in changes(stop.event, found, stop.last):
            click.echo(indent(hide(change), f"{margin}    "))

    return tell
