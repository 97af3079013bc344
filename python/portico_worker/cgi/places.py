"""How many scripts run at once, and the connections that wait for one of these places.

A place is taken by a connection from its acceptance on, and goes over to its script when that lives longer (it is
being ended, or runs on after its answer). The HTTP process uses a connection only once its FCGI_GET_VALUES has been
answered, so one that has no place is simply not read.
"""

from __future__ import annotations

from collections import deque
from typing import Callable, Deque, Protocol


class Waiting(Protocol):
    """Somebody who wants a place."""

    #: It has gone, and wants none any more.
    closed: bool

    def placed(self) -> None:
        """It has one now."""


class Places:
    """Counts places; `full` and `open` tell the listener whether more may wait."""

    def __init__(self, slots: int, most_waiting: int, full: Callable[[], None], again: Callable[[], None]) -> None:
        self._free = slots
        self._most_waiting = most_waiting
        self._waiting: Deque[Waiting] = deque()
        self._full, self._again = full, again
        self._stopped = False

    def take(self, waiting: Waiting) -> None:
        """A place now or later."""
        if self._free > 0:
            self._free -= 1
            waiting.placed()
            return
        self._waiting.append(waiting)
        if len(self._waiting) >= self._most_waiting and not self._stopped:
            self._stopped = True
            self._full()

    def leave(self, waiting: Waiting) -> None:
        """It has gone before it got one."""
        self._waiting.remove(waiting)
        self._listen_again()

    def release(self) -> None:
        """A place is free, for the one that has waited longest."""
        if not self._waiting:
            self._free += 1
            return
        self._waiting.popleft().placed()
        self._listen_again()

    def _listen_again(self) -> None:
        if self._stopped and len(self._waiting) < self._most_waiting:
            self._stopped = False
            self._again()
