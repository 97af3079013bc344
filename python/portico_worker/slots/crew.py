"""All slots of a worker: start, stop with a deadline, and what their threads do right now."""

from __future__ import annotations

import socket
import sys
import threading
import time
import traceback
from types import FrameType
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from ..wsgi.call import run
from .connection import Connection
from .slot import Hosting, Listener, Slot

if TYPE_CHECKING:
    from .lane import Lane, LaneSettings


#: The file from which applications are called.
_CALLS_FROM = run.__code__.co_filename


class Slots:
    """One thread for each slot, all accepting from one listener."""

    def __init__(self, hosting: Hosting, listener: Listener, lane: Optional['LaneSettings'] = None) -> None:
        self._hosting = hosting
        self._listener = listener
        places: Optional[Dict[Any, Connection]] = None if lane is None else {}
        self._slots = [Slot(hosting, listener, f'slot-{number + 1}', places) for number in range(hosting.threads)]
        self._lane: Optional['Lane'] = None
        if lane is not None and places is not None:
            from .lane import Lane  # not for daemons, which load this module too

            self._lane = Lane(hosting, listener, lane, places)
            self._slots.append(self._lane)

    def start(self) -> None:
        for slot in self._slots:
            slot.thread.start()

    def stop(self, deadline: float) -> None:
        """Stops accepting, ends idle connections, and waits for the running requests until `deadline` (monotonic)."""
        self._hosting.stopping = True
        self._listener.stop()
        for slot in self._slots:
            connection = slot.connection
            # A slot looks at `stopping` after it has cleared `request`, so one of both sides always notices.
            # Only the reading side is shut: a request that has arrived in the meantime is still answered.
            if connection is not None and slot.request is None:
                _shut(connection.socket, socket.SHUT_RD)
        for slot in self._slots:
            if slot.connection is not None:
                slot.thread.join(max(0.0, deadline - time.monotonic()))

    def spread(self) -> None:
        """The request in the lane takes long: those behind it get threads of their own."""
        if self._lane is not None:
            self._lane.spread()

    def stacks(self) -> Dict[str, Any]:
        """The `stacks` event: every thread of the process but the one that asks, busy slots first."""
        return stacks(self.requests())

    def requests(self) -> Dict[Any, Any]:
        """The ids of the requests that run now, by thread."""
        return {slot.thread.ident: slot.request for slot in self._slots if slot.request is not None}

    def thread_of(self, request: str) -> Optional[int]:
        """The thread that runs this request now."""
        return next((ident for ident, name in self.requests().items() if name == request), None)

    def close_in_child(self) -> None:
        """In a forked child of the application: neither the listener nor the connections are the child's."""
        self._listener.close()
        self._hosting.stopping = self._hosting.forked = True
        for slot in self._slots:
            slot.close_in_child()


def stacks(requests: Dict[Any, Any]) -> Dict[str, Any]:
    """The `stacks` event; `requests` maps the threads that run a request to its id."""
    found: List[Dict[str, Any]] = []
    for ident, frame in sys._current_frames().items():
        if ident != threading.get_ident():
            found.append({'request': requests.get(ident), 'stack': _stack(frame)})
    found.sort(key=lambda thread: thread['request'] is None)
    return {'event': 'stacks', 'threads': found}


def _stack(frame: FrameType) -> str:
    """Outermost first; of a thread that is in an application only what is called from there."""
    summary = traceback.extract_stack(frame)
    inside = [at for at, entry in enumerate(summary) if entry.filename == _CALLS_FROM]
    return ''.join(traceback.format_list(summary[inside[-1] + 1 if inside else 0 :] or summary))


def _shut(sock: socket.socket, how: int) -> None:
    try:
        sock.shutdown(how)
    except OSError:
        pass
