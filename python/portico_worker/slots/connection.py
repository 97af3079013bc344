"""One accepted connection: what is read from it and written to it (FastCGI 1.0, sections 3.3, 3.5, 5.3 to 5.5).

The worker does not multiplex; a second request id while one is active is refused.
"""

from __future__ import annotations

import socket
from collections import deque
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Deque, Optional, Union

from ..disconnect import Disconnected
from ..fastcgi.management import management_answer, slot_values
from ..fastcgi.records import ABORT, BEGIN, CANNOT_MULTIPLEX, MALFORMED, PARAMS, STDIN, Record, RecordDecoder, end_request
from .assembly import assemble
from .opening import Openings, Request

if TYPE_CHECKING:
    from typing import Protocol

    class Shortcut(Protocol):
        """A way for whole answers beside the socket."""

        def answer(self, connection: 'Connection', data: bytes) -> bool: ...

_READ_SIZE = 65536
#: How often a long answer looks whether the other side still wants it, in seconds.
_ATTEND_EVERY = 0.05


class Connection:
    """The socket, the records that wait, and the request that is active on it (`active` is its id, 0 for none)."""

    __slots__ = ('socket', 'lock', 'broken', 'aborted', 'active', 'input_ended', 'input_left')
    __slots__ += ('_receive', '_openings', '_threads', '_decoder', 'pending', '_attended', 'lane')

    def __init__(self, sock: socket.socket, openings: Openings, threads: int) -> None:
        self.socket = sock
        #: Held while a record is written; wsgi.errors may be used by threads of the application.
        self.lock = RLock()
        self.broken = self.aborted = False
        self.active = 0
        self.input_ended = True
        #: Octets of input that CONTENT_LENGTH promises and that have not come yet; -1 when nothing is promised.
        self.input_left = -1
        self._attended = 0.0
        self._receive = sock.recv
        self._openings = openings
        self._threads = threads
        self._decoder = RecordDecoder()
        self.pending: Deque[Record] = deque()
        #: Through which the active request came and its answer may go, as long as nothing has gone over the socket.
        self.lane: Optional['Shortcut'] = None

    def twin(self) -> 'Connection':
        """The same connection for another thread, which answers there while this one waits for what comes next."""
        twin = Connection(self.socket, self._openings, self._threads)
        twin.lock = self.lock
        return twin

    def next_request(self) -> Optional[Request]:
        """The next request; None when the connection is over. OSError when it broke or the peer broke the rules."""
        self.aborted = False
        if not self.pending and self._decoder.empty:
            data = self._receive(_READ_SIZE)
            if not data:
                return None
            request = self._openings.read(data)
            if request is not None:
                self.active = request[1]
                rest = request[3]
                self.input_ended = rest is None
                if rest:
                    self.pending.extend(self._decoder.feed(rest))
                return request
            self.pending.extend(self._decoder.feed(data))
        self.active = 0
        return assemble(self, self._openings.base)

    def begin(self, request_id: int) -> None:
        """BEGIN_REQUEST was accepted, or (0) what was begun is given up."""
        self.active = request_id
        self.input_ended = False

    def next_record(self) -> Record:
        """The next record, read from the socket if none waits; Disconnected at the end of the connection."""
        pending = self.pending
        while not pending:
            try:
                data = self._receive(_READ_SIZE)
            except OSError as error:
                self.broken = True
                raise Disconnected('the connection of the request broke') from error
            if not data:
                self.broken = True
                raise Disconnected('the client or the HTTP process gave up the request')
            pending.extend(self._decoder.feed(data))
        return pending.popleft()

    def receive_input(self) -> bytes:
        """Content of the next STDIN record of the active request, b'' at its end."""
        while not self.input_ended:
            if self.broken or self.aborted:
                raise Disconnected('the client or the HTTP process gave up the request')
            kind, request_id, content = self.next_record()
            if kind == STDIN and request_id == self.active:
                self.note_input(content)
                return content
            self.other(kind, request_id, content)
        return b''

    def note_input(self, content: bytes) -> None:
        """Counts one STDIN record of the active request; an empty one is the end."""
        self.input_ended = not content
        if self.input_left > 0:
            self.input_left = max(0, self.input_left - len(content))

    def other(self, kind: int, request_id: int, content: bytes) -> None:
        """A record that is not the next part of the active request; records for inactive ids are ignored (3.3)."""
        if kind == MALFORMED:
            self._break('the peer sent bytes that are not FastCGI')
        if request_id == 0:
            answer = management_answer(kind, content, slot_values(self._threads))
            if not answer:
                self._break('FCGI_GET_VALUES is malformed')
            self.transmit(answer)
        elif request_id == self.active:
            if kind == ABORT:
                self.aborted = True
                raise Disconnected('the HTTP process aborted the request')
            if kind in (BEGIN, PARAMS, STDIN):
                self._break('a record of the active request came out of turn')
        elif kind == BEGIN:
            self.transmit(end_request(request_id, 0, CANNOT_MULTIPLEX))

    def attend(self) -> None:
        """Called between the blocks of an answer: notices an abort or a close, answers GET_VALUES; never waits."""
        now = monotonic()
        if now - self._attended < _ATTEND_EVERY or not self.input_ended:
            return  # unread input is next, and only the application may ask for that
        self._attended = now
        if not self.pending and not self.read_what_came():
            return
        while self.pending and not self.aborted:
            kind, request_id, content = self.pending[0]
            if kind == BEGIN:
                return  # the next request, sent early
            self.pending.popleft()
            self.other(kind, request_id, content)

    def take_end_of_input(self) -> None:
        """Takes the empty STDIN record of the active request if it has come already."""
        if self.pending and self.pending[0] == (STDIN, self.active, b''):
            self.pending.popleft()
            self.input_ended = True

    def transmit_all(self, data: bytes) -> None:
        """Writes the whole answer of a request, or its end."""
        lane, self.lane = self.lane, None
        if lane is None or self.broken or not lane.answer(self, data):
            self.transmit(data)

    def transmit(self, data: Union[bytes, memoryview]) -> None:
        """Writes records; waits while the other side does not read, which is our back-pressure."""
        self.lane = None
        try:
            with self.lock:
                self.socket.sendall(data)
        except OSError as error:
            self.broken = True
            raise Disconnected('the connection of the request is closed') from error

    def read_what_came(self) -> bool:
        """Reads without waiting until at least one record is whole; False when nothing (more) is there."""
        while not self.pending:
            try:
                with self.lock:
                    data = self._receive(_READ_SIZE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            except OSError:
                data = b''
            if not data:
                self._break('the connection of the request is closed')
            self.pending.extend(self._decoder.feed(data))
        return True

    def _break(self, why: str) -> None:
        self.broken = True
        raise Disconnected(why)
