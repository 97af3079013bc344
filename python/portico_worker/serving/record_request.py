"""A request that came as FastCGI records."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, Optional

from ..disconnect import Disconnected
from ..fastcgi.output import send_block
from ..fastcgi.records import OVERLOADED, STDOUT, end_request, record, split, tail
from .answers import BUSY, FrontAnswer
from .request import Request

if TYPE_CHECKING:
    from .record_connection import RecordConnection


class RecordRequest(Request):
    """`params` collects FCGI_PARAMS, None when they have ended. `keep` is FCGI_KEEP_CONN."""

    __slots__ = ('keep', 'params', 'lock', '_answer')

    connection: 'RecordConnection'

    def __init__(self, connection: 'RecordConnection', number: int, keep: bool) -> None:
        super().__init__(connection, number)
        self.keep = keep
        self.params: Optional[bytearray] = bytearray()
        #: Keeps the records of this request in order; the connection has a lock of its own for one transmission.
        self.lock = RLock()
        self._answer: Optional[FrontAnswer] = None

    def answer(self) -> FrontAnswer:
        answer = FrontAnswer(self, self.name, self.environ['REQUEST_METHOD'] == 'HEAD')  # type: ignore[arg-type]
        self._answer = answer
        return answer

    @property
    def alone(self) -> bool:
        """No other request is active on the connection."""
        return list(self.connection.requests.values()) == [self] and not self.connection.ending

    def transmit(self, data: Any) -> None:
        """Writes records of this request."""
        self.connection.transmit(self, data)

    def transmit_block(self, block: Any) -> None:
        """Writes a block as STDOUT records."""
        connection = self.connection
        if self.broken:
            raise Disconnected('the connection of the request is closed')
        try:
            with connection.writing:
                connection.begin_write(self)
                try:
                    send_block(connection.socket, self.active, block)
                except Disconnected:
                    self.broken = True
                    raise
        finally:
            connection.flush()

    def transmit_all(self, data: bytes) -> None:
        """Writes the end of the answer. The id is free before: the front server may use it as soon as it has that."""
        connection = self.connection
        with connection.reading:
            if not self._leave():
                raise Disconnected('the front server gave up the request')  # it was aborted or lost just now
            connection.ending.add(self)
            connection.over(self)
        connection.transmit(self, data)

    def _leave(self) -> bool:
        """With `reading` held: gives up the id; False when it is not this request's any more, but perhaps that of another."""
        requests = self.connection.requests
        if requests.get(self.active) is not self:
            return False
        del requests[self.active]
        return True

    def overloaded(self) -> None:
        connection = self.connection
        with connection.reading:
            if not self._leave():
                return
            connection.over(self)
            said = end_request(self.active, 0, OVERLOADED)
            if not self.environ['SERVER_SOFTWARE'].startswith('Portico'):
                # Apache does not look at the protocol status, and would pass on an empty 200.
                said = split(STDOUT, self.active, BUSY) + record(STDOUT, self.active) + said
            if not connection.say(said):
                self.broken = True
            connection.after(self)

    def lose_in_child(self) -> None:
        super().lose_in_child()
        self.lock = RLock()

    def farewell(self) -> bytes:
        answer = self._answer
        if answer is None or not (answer.begun or answer.errors_used):
            return end_request(self.active)
        return tail(self.active, 1, answer.errors_used)
