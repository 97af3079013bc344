"""The process of a script, whoever's child it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Optional, Protocol

from .process_group import signal_group, signal_rest

if TYPE_CHECKING:
    from .run import Run


class Process(Protocol):
    """`pid` is 0 while it is not known."""

    pid: int
    #: For whoever asks what runs.
    command: str

    def look(self) -> Optional[int]:
        """Its exit code if it has ended and that is known already."""

    def signal(self, number: int, reaped: bool) -> None:
        """To its process group."""

    def unheard(self) -> None:
        """It was killed a while ago, and nobody has said that it has ended."""

    def forget(self) -> None:
        """Its run is over."""


class Child:
    """A process that the launcher has started itself."""

    def __init__(self, run: 'Run', pid: int, command: str) -> None:
        self.pid = pid
        self.command = command
        self._hosting = run.hosting
        self._place = run.hosting.keeper.add(pid)
        run.hosting.children[pid] = run

    def look(self) -> Optional[int]:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return None
        self.reaped()
        return exit_code(status)

    def reaped(self) -> None:
        """Its number may be another's from now on."""
        del self._hosting.children[self.pid]
        self._hosting.keeper.remove(self._place)

    def signal(self, number: int, reaped: bool) -> None:
        (signal_rest if reaped else signal_group)(self.pid, number)

    def unheard(self) -> None:
        """The kernel cannot end it now (it waits for a disk); it will."""

    def forget(self) -> None:
        """Nothing of it is left here since it was reaped."""


def exit_code(status: int) -> int:
    """Of what waitpid says; negative for a signal."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
