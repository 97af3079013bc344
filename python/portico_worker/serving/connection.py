"""One connection of a front server, whatever it speaks: read by whichever thread polls, written to by those that answer.

Two locks, always taken in this order and never held while the application runs: `reading` for what comes and for the life
of the socket, `writing` for what goes. Only who has both closes the socket, so that nobody reads or writes under a
number that is another's by then.
"""

from __future__ import annotations

import select
import socket
import struct
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Any, Dict, List, Set

from .limits import LINGER_SECONDS, MAX_LINGER, READ_SIZE
from .outlet import Outlet

if TYPE_CHECKING:
    from .request import Request
    from .server import Server

_GONE = select.EPOLLHUP | select.EPOLLERR
_READ = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLONESHOT
#: With a time of zero: close by a reset.
_RESET = struct.pack('@ii', 1, 0)


class Connection(Outlet):
    """`requests`: those that are active, by id. `closing`: no request is taken after these. `retiring`: it ends once it is quiet."""

    __slots__ = ('server', 'reading', 'requests', 'closing', 'paused', 'since', 'idle_since')
    __slots__ += ('ending', 'retiring', '_registered', '_lingering', '_thrown_away', '_number', '_half_closed')

    def __init__(self, server: 'Server', sock: socket.socket) -> None:
        super().__init__(sock)
        self.server = server
        self.reading = RLock()
        self.requests: Dict[int, 'Request'] = {}
        #: Those that are not active any more and whose end is being sent.
        self.ending: Set['Request'] = set()
        self.closing = self.retiring = False
        #: Nothing is read until the application has taken some of its input.
        self.paused = False
        #: Since when there is a request that is not whole, or one lingers (monotonic); 0 when neither is so.
        self.since = 0.0
        self.idle_since = monotonic()
        self._registered = self._lingering = self._half_closed = False
        self._thrown_away = 0
        self._number = sock.fileno()

    # What a protocol knows.

    #: What is still waited for when nothing is read.
    paused_events = select.EPOLLRDHUP

    def take(self, data: bytes, ready: List[Any]) -> bool:
        """What was read; requests whose variables are whole go to `ready`. False when the connection cannot go on."""
        raise NotImplementedError

    def take_end(self) -> bool:
        """The other side sends no more; False when that is the end of the connection."""
        return False

    @property
    def complete(self) -> bool:
        """False while a request is not whole."""
        raise NotImplementedError

    @property
    def in_step(self) -> bool:
        """True when nothing that is under way belongs to a request that is over."""
        raise NotImplementedError

    @property
    def overfull(self) -> bool:
        """True when more input waits than may."""
        return False

    # Reading.

    def readable(self, event: int) -> List[Any]:
        """An event of the poll: reads once, without waiting, and waits for the next event; the requests that are whole."""
        ready: List[Any] = []
        with self.reading:
            if self.closed:
                return ready
            if self.full:
                self.full = False
                self.flush()
            if self.paused or self._half_closed:
                if event & _GONE or (self.paused and event & select.EPOLLRDHUP):
                    self.break_off()
                elif not self.closed:
                    self.arm()
                return ready
            try:
                data = self.socket.recv(READ_SIZE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                self.arm()
                return ready
            except OSError:
                data = b''
            if self._lingering:
                self._thrown_away += len(data)
                if not data or self._thrown_away > MAX_LINGER:
                    self.close()
                    return ready
            elif not data:
                self._half_closed = not event & _GONE and self.take_end()
                if not self._half_closed:
                    self.break_off()
                    return ready
            elif not self.take(data, ready):
                self.break_off()
                return []
            if not self.closed:
                self._pause()
                self._note_incomplete()
                self.arm()
        return ready

    def arm(self) -> None:
        """Asks for the next event."""
        if self._half_closed:
            wanted = select.EPOLLONESHOT
        else:
            wanted = self.paused_events | select.EPOLLONESHOT if self.paused else _READ
        if self.full:
            wanted |= select.EPOLLOUT
        if self._registered:
            self.server.epoll.modify(self._number, wanted)
        else:
            self._registered = True
            self.server.epoll.register(self._number, wanted)

    def ask_for_room(self) -> None:
        with self.reading:
            if self._registered and not self.closed:
                self.arm()

    def _pause(self) -> None:
        if self.overfull:
            self.paused = True
            # The application may have taken it in the meantime, before it could see that we pause.
            self.paused = self.overfull

    def resume(self) -> None:
        """There is room for input again."""
        with self.reading:
            if self.paused and not self.closed:
                self.paused = False
                self.arm()

    def _note_incomplete(self) -> None:
        if self.complete and not self._lingering:
            self.since = 0.0
        elif not self.since:
            self.since = monotonic()
            self.server.concern()

    # The end.

    def after(self, request: 'Request') -> None:
        """The request is over: closes the connection, or goes on with it."""
        self.ending.discard(request)
        if request.broken and not request.aborted:
            self.break_off()
        elif self.closing and self.owes_nothing:
            self.end_gently()
        elif self.retiring and self.owes_nothing:
            self.server.hand_out(self._end_when_quiet())
        else:
            self.idle_since = monotonic()
            if self.paused and not self.overfull:
                self.resume()

    @property
    def owes_nothing(self) -> bool:
        """No request waits for an answer or its end."""
        return not self.requests and not self.ending

    @property
    def idle(self) -> bool:
        """Nothing has come and nothing is owed."""
        return self.owes_nothing and self.complete and not self.outgoing and not self._lingering

    def retire(self) -> List[Any]:
        """Ends once it is quiet; requests that have come are returned, and those that still come are served."""
        with self.reading:
            ready = self.readable(select.EPOLLIN)
            self.retiring = True
            return ready + self._end_when_quiet()

    def _end_when_quiet(self) -> List[Any]:
        """Closes unless a request has come or is under way; the requests that have come.

        A front server may send the next one as soon as it has the end of the last, and nothing in these protocols can tell
        it not to. On a unix socket what was sent before the reading side is shut can still be read, and sending afterwards
        fails, which front servers repeat elsewhere. TCP has nothing like that, and a moment remains.
        """
        ready: List[Any] = []
        with self.reading:
            if self.closed or not self.idle:
                return ready
            try:
                unix = self.socket.family == socket.AF_UNIX
                if unix:
                    self._half_closed = True  # not a word of the other side's: what comes is still answered
                    self.socket.shutdown(socket.SHUT_RD)
                data = self.socket.recv(READ_SIZE, socket.MSG_DONTWAIT)
            except OSError:
                data = b''
            if not data:
                self.close()
            while data:
                if not self.take(data, ready):
                    self.break_off()
                    return []
                try:
                    data = self.socket.recv(READ_SIZE, socket.MSG_DONTWAIT) if unix else b''
                except OSError:
                    data = b''
            if unix:
                self.closing = True  # nothing more can come
            if not self.closed:
                self._note_incomplete()
            return ready

    def make_room(self) -> bool:
        """Closes if it is idle, for a connection that may be of more use."""
        with self.reading:
            if self.closed or not self.idle:
                return False
            self.close()
            return True

    def end_gently(self) -> None:
        """Closes; when something may be under way, only after the other side has: a close over unread input is a reset."""
        with self.reading:
            self.flush()
            if self.closed or self._lingering or not self.writing.acquire(False):
                return  # who writes is a request that comes here itself when it is over
            try:
                if self.outgoing or self.in_step:
                    self.close()
                    return
                self._lingering = True
                self.paused = False
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                self.close()
                return
            finally:
                self.writing.release()
            self._note_incomplete()
            self.arm()

    def break_off(self) -> None:
        """Closes now; who still works for it meets Disconnected."""
        with self.reading:
            for request in list(self.requests.values()):
                request.lose()
            self.requests.clear()
            self.close()

    def reset(self) -> None:
        """Closes so that the other side cannot take what it has for the whole (TCP; a unix socket has no reset)."""
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        except OSError:
            pass
        self.break_off()

    def close(self) -> None:
        """Closes the socket; a write that waits in another thread fails first."""
        with self.reading:
            if self.closed:
                return
            self.closed = True
            if self._registered:
                # By itself it would go with the last copy, and a program being started may have one.
                self.server.epoll.unregister(self._number)
            if not self.writing.acquire(False):
                try:
                    self.socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                self.writing.acquire()
            try:
                self.server.forget(self._number)
                self.socket.close()
            finally:
                self.writing.release()

    def sweep(self, now: float, patience: float) -> None:
        """Ends what takes too long."""
        since = self.since
        if since and now - since > (LINGER_SECONDS if self._lingering else patience):
            self.break_off()

    def close_in_child(self) -> None:
        """In a forked child: the socket is not the child's, and another thread may have held the locks."""
        self.closed = True
        self.reading, self.writing = RLock(), RLock()
        for request in list(self.requests.values()):
            request.lose_in_child()
        self.socket.close()
