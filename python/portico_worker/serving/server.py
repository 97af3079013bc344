"""The server for foreign front servers: the connections and the epoll on which all threads wait.

To who leads the process it is what `Slots` is for Portico's own HTTP processes: started, stopped, asked.
"""

from __future__ import annotations

import os
import resource
import select
import time
import traceback
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Type

from ..fastcgi.management import values_of
from ..slots.crew import stacks
from .crew import Crew
from .front_environ import FrontEnviron
from .limits import DEFER_SECONDS, INCOMPLETE_SECONDS, MAX_CONNECTIONS, SWEEP_SECONDS
from .record_connection import RecordConnection
from .scgi_connection import ScgiConnection

if TYPE_CHECKING:
    from ..wsgi.call import Application
    from .connection import Connection
    from .entrance import Entrance
    from .request import Request

_PROTOCOLS: Dict[str, Type['Connection']] = {'fastcgi': RecordConnection, 'scgi': ScgiConnection}
#: Known protocols.
PROTOCOLS = tuple(_PROTOCOLS)


class Server:
    """Serves one application over one protocol. `values` is what FCGI_GET_VALUES tells."""

    def __init__(
        self, protocol: str, entrance: 'Entrance', application: 'Application', environ: FrontEnviron, threads: int, queue: int
    ) -> None:
        self._make = _PROTOCOLS[protocol]
        self._entrance = entrance
        self.environ = environ
        self.most_requests = threads + queue
        self._most_connections = most_connections()
        self.values = values_of(self._most_connections, self.most_requests, True)
        self.epoll = select.epoll()
        self._connections: Dict[int, 'Connection'] = {}
        #: A byte wakes one thread, for a request that no event will bring; the second pipe wakes all, at the end.
        self._bell, self._rope = _pipe()
        self._last_bell, self._last_rope = _pipe()
        self._crew = Crew(application, threads, queue, self._poll, self._ring)
        #: A connection was left waiting: poll only so long, then see whether it still does.
        self._deferred = False
        self._stopping = False
        #: A front server has been told that several requests may share a connection.
        self.told = False
        self._concern = Event()
        # Edges: one thread wakes for a connection, takes all that wait, and need not ask for the next event.
        edge = select.EPOLLIN | select.EPOLLET
        self._entrance_number = entrance.fileno()
        self.epoll.register(self._bell, edge)
        self.epoll.register(self._last_bell, select.EPOLLIN)
        self.epoll.register(self._entrance_number, edge)

    # What leads the process.

    def start(self) -> None:
        self._crew.start()
        Thread(target=self._sweep, name='portico-sweep', daemon=True).start()

    def stop(self, deadline: float) -> None:
        """Takes no more connections, ends idle ones, and waits for the requests until `deadline` (monotonic)."""
        self._stopping = True
        try:
            self.epoll.unregister(self._entrance_number)
        except OSError:
            pass
        self._entrance.stop()
        for connection in list(self._connections.values()):
            self.hand_out(connection.retire())
        self._crew.drain(lambda: deadline - time.monotonic())
        self._crew.ended = True
        os.write(self._last_rope, b'.')

    def spread(self) -> None:
        """Nothing is ever bound to one thread here."""

    def stacks(self) -> Dict[str, Any]:
        """The `stacks` event: every thread of the process but the one that asks, busy ones first."""
        return stacks(self.requests())

    def requests(self) -> Dict[Any, Any]:
        """The ids of the requests that run now, by thread."""
        return self._crew.requests()

    def thread_of(self, request: str) -> Optional[int]:
        """The thread that runs this request now."""
        return next((ident for ident, name in self.requests().items() if name == request), None)

    def close_in_child(self) -> None:
        """In a forked child of the application: neither the listener nor the connections are the child's."""
        self._entrance.close()
        self._crew.end_in_child()
        self.epoll.close()
        for descriptor in (self._bell, self._rope, self._last_bell, self._last_rope):
            os.close(descriptor)
        for connection in list(self._connections.values()):
            connection.close_in_child()

    # What the threads do.

    def _poll(self) -> Optional['Request']:
        """Waits for an event and sees to it; a request if the calling thread is to run one now."""
        ready: List['Request'] = []
        if self._deferred and not self._crew.busy:
            self._accept(ready)
            return self._crew.admit(ready)
        try:
            events = self.epoll.poll(DEFER_SECONDS if self._deferred else None, 1)
        except (OSError, ValueError):
            if self._crew.ended:
                return None
            raise
        if not events:
            self._accept(ready)
        for number, event in events:
            connection = self._connections.get(number)
            if connection is not None:
                try:
                    ready = connection.readable(event)
                except Exception:
                    traceback.print_exc()  # a fault of ours must not leave a connection that nobody reads
                    connection.break_off()
                if not ready:
                    return None
            elif number == self._entrance_number:
                if self._entrance.shared and self._crew.busy:
                    self._deferred = True  # another process may have a thread to spare
                else:
                    self._accept(ready)
            elif number == self._bell:
                _empty(self._bell)
        return self._crew.admit(ready)

    def _accept(self, ready: List['Request']) -> None:
        """Takes all connections that wait; most bring their request along."""
        self._deferred = False
        while not self._stopping:
            if len(self._connections) >= self._most_connections:
                if not self._entrance.waits:
                    return
                if not self._make_room():
                    self._deferred = True
                    return
            try:
                sock = self._entrance.accept()
            except OSError:
                # Out of descriptors, most likely: again when others have ended.
                self._deferred = not self._stopping and not self._make_room()
                if self._deferred or self._stopping:
                    return
                continue
            if sock is None:
                return
            try:
                connection = self._make(self, sock)
                self._connections[sock.fileno()] = connection
                ready.extend(connection.readable(select.EPOLLIN))
            except OSError:
                traceback.print_exc()
                self._connections.pop(sock.fileno(), None)
                sock.close()

    def _make_room(self) -> bool:
        """Closes the connection that is idle for the longest; False when none is."""
        idle = sorted((c for c in list(self._connections.values()) if c.idle), key=lambda c: c.idle_since)
        return any(connection.make_room() for connection in idle)

    def _ring(self) -> None:
        try:
            os.write(self._rope, b'.')
        except BlockingIOError:
            pass  # it rings already

    def hand_out(self, ready: List['Request']) -> None:
        """Requests that came to a thread which runs none of them now."""
        if ready:
            self._crew.hand_out(ready)

    def forget(self, number: int) -> None:
        """The connection with this descriptor is about to be closed."""
        self._connections.pop(number, None)

    def concern(self) -> None:
        """There is a connection with something that may not take for ever."""
        if not self._concern.is_set():
            self._concern.set()

    def _sweep(self) -> None:
        while not self._crew.ended:
            self._concern.wait()
            self._concern.clear()
            time.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for connection in list(self._connections.values()):
                if connection.since:
                    self._concern.set()
                    connection.sweep(now, INCOMPLETE_SECONDS)


def most_connections() -> int:
    """Not more than half of the descriptors, so that the application has the other half."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MAX_CONNECTIONS if limit == resource.RLIM_INFINITY else max(1, min(MAX_CONNECTIONS, limit // 2))


def _pipe() -> Any:
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    return ends


def _empty(descriptor: int) -> None:
    try:
        os.read(descriptor, 4096)
    except BlockingIOError:
        pass
