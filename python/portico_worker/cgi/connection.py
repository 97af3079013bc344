"""One connection of the HTTP process: records in, records out (FastCGI 1.0, sections 3.3, 5.1 to 5.5).

One request at a time. Whatever is not FastCGI, or comes out of turn, costs the connection and nothing else.
"""

from __future__ import annotations

import socket
from select import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP
from time import monotonic
from typing import TYPE_CHECKING, Dict, List, Optional

from ..fastcgi.management import management_answer, slot_values
from ..fastcgi.pairs import MAX_PARAMS, decode_octets_into
from ..fastcgi.records import (
    ABORT, BEGIN, BEGIN_BODY, CANNOT_MULTIPLEX, DATA, KEEP_CONNECTION, MALFORMED, PARAMS, RESPONDER, STDIN,
    UNKNOWN_ROLE, RecordDecoder, end_request,
)
from .begin import begin
from .loop import NEVER

if TYPE_CHECKING:
    from .hosting import Hosting
    from .run import Run

_READ_SIZE = 65536
#: Answers to management records and refusals that the other side does not read, in octets.
_MAX_UNREAD = 1 << 18
#: Octets of output that wait for the connection when its script is read again.
_OUTPUT_LOW = 64 * 1024
#: How long a connection that is to be closed waits for its last octets to be taken, in seconds.
_LAST_SECONDS = 10.0
_GONE = EPOLLHUP | EPOLLERR | EPOLLRDHUP


class Connection:
    """`active` is the id of the request that is being read or runs, 0 for none; `run` is its script."""

    __slots__ = ('socket', 'hosting', 'closed', 'active', 'run', 'due', '_has_place', '_waits', '_keep', '_decoder')
    __slots__ += ('_variables', '_params', '_input', '_input_ended', '_out', '_events', '_closing')

    def __init__(self, sock: socket.socket, hosting: 'Hosting') -> None:
        sock.setblocking(False)
        self.socket = sock
        self.hosting = hosting
        self.closed = self._has_place = self._closing = False
        self._waits = True
        self.active = 0
        self.run: Optional['Run'] = None
        self.due = NEVER
        self._keep = True
        self._decoder = RecordDecoder()
        self._params = bytearray()
        self._variables: Optional[Dict[bytes, bytes]] = None
        self._input: List[bytes] = []
        self._input_ended = False
        self._out = bytearray()
        self._events = EPOLLRDHUP
        hosting.connections.add(self)
        hosting.loop.watch(sock.fileno(), self._events, self._on_event)

    def placed(self) -> None:
        """From now on it is read, so its greeting is answered."""
        self._has_place, self._waits = True, False
        self._listen_for(self._events | EPOLLIN)

    @property
    def waiting(self) -> int:
        """Octets that the other side has not taken yet."""
        return len(self._out)

    def send(self, data: bytes) -> None:
        """At once, as far as the other side takes it."""
        if self.closed:
            return
        if self._out:
            self._out += data
            return
        try:
            sent = self.socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        if sent < len(data):
            self._out += data[sent:]
            self._listen_for(self._events | EPOLLOUT)

    def ended(self, last: bytes, keep: bool = True) -> None:
        """`last` ends the request; what is left of its input is not read any further."""
        self.active = 0
        self.run = None
        self._forget_request()
        self.send(last)
        if self.closed:
            return
        if not (keep and self._keep) or self.hosting.stopping:
            self.close_after_output()
        else:
            self.read_on()

    def close_after_output(self) -> None:
        """Reads no more, and closes as soon as everything is out."""
        if not self._out:
            self.close()
            return
        self._closing = True
        self._listen_for(EPOLLOUT)
        self.hosting.loop.arm(self, monotonic() + _LAST_SECONDS)

    def expire(self, _now: float) -> None:
        self.close()

    def stop_reading(self) -> None:
        """The script does not take its input for now."""
        self._listen_for(self._events & ~EPOLLIN)

    def read_on(self) -> None:
        if not self.closed and not self._closing:
            self._listen_for(self._events | EPOLLIN)

    def hand_over_place(self) -> bool:
        """The script keeps the place of the connection when that is over; True when there was one."""
        had, self._has_place = self._has_place, False
        return had

    def close(self) -> None:
        """Gives the request up; its script is ended."""
        if self.closed:
            return
        self.closed = True
        hosting = self.hosting
        hosting.loop.arm(self, NEVER)
        hosting.loop.forget(self.socket.fileno())
        hosting.connections.discard(self)
        self.socket.close()
        self._forget_request()
        self._out.clear()
        run, self.run = self.run, None
        if run is not None:
            run.abandon()  # takes the place over, for as long as there is something left of the script
        if self._has_place:
            self._has_place = False
            hosting.places.release()
        elif self._waits:
            hosting.places.leave(self)

    def _listen_for(self, events: int) -> None:
        if events != self._events:
            self._events = events
            self.hosting.loop.change(self.socket.fileno(), events)

    def _on_event(self, events: int) -> None:
        if events & EPOLLOUT:
            self._flush()
        if self.closed:
            return
        if events & EPOLLIN and self._events & EPOLLIN:
            self._read()
        elif events & _GONE:
            self.close()  # also with octets unread: who closes gives the request up

    def _flush(self) -> None:
        try:
            sent = self.socket.send(self._out)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        del self._out[:sent]
        if not self._out:
            if self._closing:
                self.close()
                return
            self._listen_for(self._events & ~EPOLLOUT)
        if self.run is not None and len(self._out) <= _OUTPUT_LOW:
            self.run.relay_on()

    def _read(self) -> None:
        try:
            data = self.socket.recv(_READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b''
        if not data:
            self.close()
            return
        for kind, request_id, content in self._decoder.feed(data):
            if not self._take(kind, request_id, content):
                self.close()
            if self.closed or self._closing:
                return
            if self._variables is not None and self._input_ended:
                self._begin()
        if self._variables is not None:
            self._begin()  # the rest of its input comes while it runs

    def _take(self, kind: int, request_id: int, content: bytes) -> bool:
        """One record; False when the connection cannot go on."""
        active = self.active
        if kind == MALFORMED:
            return False
        if request_id == 0:
            return self._answer(management_answer(kind, content, slot_values(self.hosting.settings.slots)))
        if kind == BEGIN:
            return self._take_begin(request_id, content)
        if request_id != active:
            return True  # of a request that is over (section 3.3)
        if kind == STDIN:
            return self._take_input(content)
        if kind == PARAMS:
            return self._take_params(content)
        if kind == ABORT:
            return self._take_abort()
        return kind == DATA

    def _answer(self, answer: bytes) -> bool:
        if not answer or len(self._out) > _MAX_UNREAD:
            return False
        self.send(answer)
        return True

    def _take_begin(self, request_id: int, content: bytes) -> bool:
        if self.active == request_id or len(content) != BEGIN_BODY.size:
            return False
        if self.active:
            return self._answer(end_request(request_id, 0, CANNOT_MULTIPLEX))
        role, flags = BEGIN_BODY.unpack(content)
        self._keep = bool(flags & KEEP_CONNECTION)
        if role == RESPONDER:
            self.active = request_id
            return True
        answered = self._answer(end_request(request_id, 0, UNKNOWN_ROLE))
        if answered and not self._keep:
            self.close_after_output()
        return answered

    def _take_params(self, content: bytes) -> bool:
        if self.run is not None or self._variables is not None:
            return False
        if content:
            self._params += content
            return len(self._params) <= MAX_PARAMS
        variables = self.hosting.settings.environment.copy()
        params, self._params = bytes(self._params), bytearray()
        if not decode_octets_into(variables, params):
            return False
        self._variables = variables
        return True

    def _take_input(self, content: bytes) -> bool:
        if self._input_ended or (self.run is None and self._variables is None):
            return False
        if self.run is None:
            if content:
                self._input.append(content)
        else:
            self.run.give_input(content, not content)
        self._input_ended = not content
        return True

    def _take_abort(self) -> bool:
        if self.run is not None:
            self.run.stop('abort')
        else:
            self.ended(end_request(self.active))
        return True

    def _begin(self) -> None:
        variables, self._variables = self._variables, None
        given, self._input = b''.join(self._input), []
        if variables is not None:
            begin(self, variables, given, self._input_ended)

    def _forget_request(self) -> None:
        self._params.clear()
        self._variables = None
        self._input = []
        self._input_ended = False
