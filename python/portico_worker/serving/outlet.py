"""What goes out on a connection that several threads answer on: whole records, in turn.

A thread that polls must never wait for a front server that does not read. What it has to say waits with the connection
when that is taken or full, and goes before the next octets of any request.
"""

from __future__ import annotations

import socket
import struct
from collections import deque
from threading import RLock
from typing import TYPE_CHECKING, Any, Deque, Union

from ..disconnect import Disconnected
from .limits import MAX_OUTGOING, WRITE_IDLE_SECONDS

if TYPE_CHECKING:
    from .request import Request

_WRITE_IDLE = struct.pack('@ll', WRITE_IDLE_SECONDS, 0)


class Outlet:
    """The socket and its way out. `writing` is held while one transmission goes."""

    __slots__ = ('socket', 'writing', 'closed', 'outgoing', 'full')

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.writing = RLock()
        self.closed = False
        #: Answers of the server's own that wait, or the requests whose end is to be said.
        self.outgoing: Deque[Union[bytes, memoryview, 'Request']] = deque()
        #: The socket took no more of them; set until an event says that there is room.
        self.full = False
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _WRITE_IDLE)

    def ask_for_room(self) -> None:
        """Asks for an event when the socket takes more."""
        raise NotImplementedError

    def transmit(self, request: 'Request', data: Any) -> None:
        """Writes for a request; waits while the other side does not read. Disconnected when nobody wants it."""
        if request.broken:
            raise Disconnected('the connection of the request is closed')
        try:
            with self.writing:
                self.begin_write(request)
                try:
                    self.socket.sendall(data)
                except OSError as error:
                    request.broken = True
                    raise Disconnected('the connection of the request is closed') from error
        finally:
            self.flush()  # what found the lock taken, such as the end of this very request

    def begin_write(self, request: 'Request') -> None:
        """With `writing` held: what waits goes first; Disconnected when the request is given up."""
        if self.closed:
            request.broken = True
        if request.aborted or request.broken:
            raise Disconnected('the front server gave up the request')
        while self.outgoing:
            try:
                self.socket.sendall(self._next_outgoing())
            except OSError as error:
                request.broken = True
                raise Disconnected('the connection of the request is closed') from error
            self.outgoing.popleft()

    def say(self, what: Union[bytes, 'Request']) -> bool:
        """An answer of the server's own, or the end of an aborted request; never waits. False when too many wait."""
        if len(self.outgoing) >= MAX_OUTGOING:
            return False
        self.outgoing.append(what)
        self.flush()
        return True

    def flush(self) -> None:
        """Writes what waits as far as that goes now. Who holds `writing` does it afterwards."""
        if not self.outgoing:
            return
        while self.outgoing and not self.full and self.writing.acquire(False):
            try:
                self._flush()
            finally:
                self.writing.release()
        if self.full:
            self.ask_for_room()

    def _flush(self) -> None:
        if self.closed:
            self.outgoing.clear()
        while self.outgoing:
            data = self._next_outgoing()
            try:
                sent = self.socket.send(data, socket.MSG_DONTWAIT)
            except BlockingIOError:
                sent = 0
            except OSError:
                self.outgoing.clear()  # who reads notices
                return
            if sent < len(data):
                self.outgoing[0] = memoryview(data)[sent:]
                self.full = True  # and so told when there is room
                return
            self.outgoing.popleft()

    def _next_outgoing(self) -> Any:
        """The octets of what is next; a request's end only now, since what it has sent before belongs to it."""
        what = self.outgoing[0]
        if not isinstance(what, (bytes, memoryview)):
            what = self.outgoing[0] = what.farewell()
        return what
