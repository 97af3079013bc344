"""The threads, and who of them runs an application.

There is one more than applications may run at once. All wait on the same epoll, where the system wakes one for each event;
that one reads and, when a request is whole, runs it. Nothing is handed over, and the others sleep on. With one leader that
polls and followers that wait for its place, each request would wake a thread only to poll in place of the one that left.
"""

from __future__ import annotations

import os
import traceback
from collections import deque
from threading import Condition, Lock, Thread
from typing import TYPE_CHECKING, Any, Callable, Deque, Iterable, List, Optional

from ..process import console
from ..process.scheduling import yield_to_the_waker
from ..slots.interrupt import RequestTimeout

if TYPE_CHECKING:
    from ..wsgi.call import Application
    from .request import Request


class Hand:
    """One thread; `request` is the id of the request that runs here, None between requests."""

    __slots__ = ('crew', 'thread', 'request')

    def __init__(self, crew: 'Crew', name: str) -> None:
        self.crew = crew
        self.request: Optional[str] = None
        # A daemon: an application that never returns must not keep the process after its deadline.
        self.thread = Thread(target=self._live, name=name, daemon=True)

    def _live(self) -> None:
        console.attach(self)  # type: ignore[arg-type]
        yield_to_the_waker()
        crew = self.crew
        while not crew.ended:
            try:
                request = crew.poll()
                while request is not None:
                    self._serve(request)
                    request = crew.next_waiting()
            except RequestTimeout:
                continue  # meant for a request that had ended by itself in the meantime
            except Exception:
                if not crew.ended:
                    traceback.print_exc()  # a fault of ours must not take the thread along
        if crew.forked:
            os._exit(0)  # the application forked, and the child came back here; nothing else of it is alive

    def _serve(self, request: 'Request') -> None:
        try:
            if not request.given_up:
                self.request = request.name
                request.serve(self.crew.application)
        except RequestTimeout:
            request.connection.break_off()  # it came too late to be the application's
        except OSError:
            request.connection.break_off()
        except Exception:
            traceback.print_exc()
            request.connection.break_off()
        finally:
            if console.unfinished:
                console.end_lines()
            self.request = None


class Crew:
    """`threads` applications at once, `queue` requests that wait for one of them; `poll` reads until a request is there."""

    def __init__(self, application: 'Application', threads: int, queue: int, poll: Callable[[], Optional['Request']],
                 ring: Callable[[], None]) -> None:
        self.application = application
        self.threads = threads
        self.poll = poll
        self._queue = queue
        self._ring = ring
        self._lock = Lock()
        #: Notified when there may be nothing left to do.
        self._changed = Condition(self._lock)
        self._waiting: Deque['Request'] = deque()
        self._running = 0
        self.ended = self.forked = self._stopping = False
        self.hands = [Hand(self, f'serving-{number + 1}') for number in range(threads + 1)]

    def start(self) -> None:
        for hand in self.hands:
            hand.thread.start()

    @property
    def busy(self) -> bool:
        """As many applications run as may."""
        return self._running >= self.threads

    def takes(self, more: int) -> int:
        """How many applications may be run beside those that run and `more`."""
        return self.threads - self._running - more

    def admit(self, ready: Iterable['Request']) -> Optional['Request']:
        """New requests: the one that the calling thread is to run, if it may; what finds no room is told so."""
        refused: List['Request'] = []
        with self._lock:
            waiting = self._waiting
            for request in ready:
                if len(waiting) < self._queue + self.threads - self._running:
                    waiting.append(request)
                else:
                    refused.append(request)
            own: Optional['Request'] = None
            if waiting and self._running < self.threads:
                self._running += 1
                own = waiting.popleft()
            rings = min(len(waiting), self.threads - self._running)
        for request in refused:
            request.overloaded()
        for _ in range(rings):
            self._ring()
        return own

    def hand_out(self, ready: Iterable['Request']) -> None:
        """New requests, from a thread that runs none."""
        with self._lock:
            self._waiting.extend(ready)
            rings = min(len(self._waiting), self.threads - self._running)
        for _ in range(rings):
            self._ring()

    def next_waiting(self) -> Optional['Request']:
        """The calling thread has run a request: the one that it is to run next."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._running -= 1
            if self._stopping:
                self._changed.notify_all()
            return None

    def drain(self, left: Callable[[], float]) -> None:
        """Waits until nothing runs or waits, at most for what `left` still gives, in seconds."""
        with self._lock:
            self._stopping = True
            while self._running or self._waiting:
                seconds = left()
                if seconds <= 0:
                    return
                self._changed.wait(seconds)

    def end_in_child(self) -> None:
        """In a forked child: the thread that forked is the only one, and ends the process when it comes back."""
        self.ended = self.forked = True
        self._lock = Lock()
        self._changed = Condition(self._lock)

    def requests(self) -> Any:
        """The ids of the requests that run now, by thread."""
        return {hand.thread.ident: hand.request for hand in self.hands if hand.request is not None}
