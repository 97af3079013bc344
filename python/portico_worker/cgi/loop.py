"""One epoll for everything the launcher waits for, and the times at which something is due."""

from __future__ import annotations

import select
from time import monotonic
from typing import Callable, Dict, Protocol, Set

NEVER = float('inf')

Handler = Callable[[int], None]


class Timed(Protocol):
    """Something that may be due; `due` is on the monotonic clock and belongs to the loop."""

    due: float

    def expire(self, now: float) -> None:
        """Its time has come; it is not due any more unless it says so again."""


class Loop:
    """Descriptors with a handler for their events, and things that are due.

    What is due is found by looking at all of them: there are as many as scripts run, and a heap would collect the
    entry of each request that ended long before its time.
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: Dict[int, Handler] = {}
        self._forgotten: Set[int] = set()
        self._timed: Set[Timed] = set()
        self._next = NEVER

    def watch(self, descriptor: int, events: int, handler: Handler) -> None:
        self._epoll.register(descriptor, events)
        self._handlers[descriptor] = handler

    def change(self, descriptor: int, events: int) -> None:
        self._epoll.modify(descriptor, events)

    def forget(self, descriptor: int) -> None:
        """Must come before the descriptor is closed."""
        self._epoll.unregister(descriptor)
        del self._handlers[descriptor]
        self._forgotten.add(descriptor)

    def arm(self, timed: Timed, due: float) -> None:
        """It is due then, and not at another time."""
        timed.due = due
        if due == NEVER:
            self._timed.discard(timed)
            return
        self._timed.add(timed)
        if due < self._next:
            self._next = due

    def turn(self) -> None:
        """Waits for something to happen and handles all that has."""
        forgotten = self._forgotten
        forgotten.clear()
        timeout = None if self._next == NEVER else max(0.0, self._next - monotonic())
        for descriptor, events in self._epoll.poll(timeout):
            # A number that was closed in this turn may be another file by now: what was seen is not about that one.
            if descriptor not in forgotten:
                self._handlers[descriptor](events)
        if self._next != NEVER:
            now = monotonic()
            if self._next <= now:
                self._expire(now)

    def _expire(self, now: float) -> None:
        for timed in [timed for timed in self._timed if timed.due <= now]:
            if timed.due <= now:
                self.arm(timed, NEVER)
                timed.expire(now)
        self._next = min((timed.due for timed in self._timed), default=NEVER)

    def close(self) -> None:
        """In a forked child."""
        self._epoll.close()
