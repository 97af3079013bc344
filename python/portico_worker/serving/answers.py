"""Answers to foreign front servers: none hears what only Portico's own HTTP process understands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..as_cgi.answer import CgiAnswer
from ..fastcgi.output import Block
from ..fastcgi.records import CUT_SHORT
from ..process import console
from ..slots.record_answer import RecordAnswer
from ..wsgi.answer import failed_head
from .limits import OUTPUT_BATCH

if TYPE_CHECKING:
    from .record_request import RecordRequest
    from .scgi_request import ScgiRequest


_BUSY_BODY = b'All threads of the application are busy.\n'
#: What is said to who asked when there is no room.
BUSY = (
    b'Status: 503 Service Unavailable\r\nContent-Type: text/plain\r\n'
    b'Content-Length: %d\r\n\r\n' % len(_BUSY_BODY)
) + _BUSY_BODY


class FrontAnswer(RecordAnswer):
    """STDOUT and STDERR of one of the requests of a connection."""

    __slots__ = ()

    connection: 'RecordRequest'  # type: ignore[assignment]
    cut_status = CUT_SHORT

    def put_end(self, last: bytes, cut_short: bool) -> None:
        if cut_short and self.connection.alone:
            # nginx and Apache do not look at the application status: to them, and to the client, it would be whole.
            # Without END_REQUEST nginx breaks off, too, and Apache does so at the end of its KeepAliveTimeout.
            self.ended = True
            self.connection.connection.break_off()
            return
        super().put_end(last, cut_short)

    def explain(self, what: str, traceback: str) -> None:
        super().explain(what, traceback)
        # STDERR is in the front server's log, if it writes it down; the id that its client has leads here, too.
        console.tell(f'portico: {what}\n{traceback}')

    def failure(self) -> bytes:
        return failed_head('', len(failure_page(self.name)))

    def failure_body(self) -> bytes:
        return failure_page(self.name)

    def _send_block(self, block: Any) -> None:
        if len(block) <= OUTPUT_BATCH:
            self.connection.transmit_block(block)
            return
        view: Block = memoryview(block)
        for at in range(0, len(block), OUTPUT_BATCH):
            self.connection.transmit_block(view[at : at + OUTPUT_BATCH])


class ScgiAnswer(CgiAnswer):
    """The head of a CGI answer and the body as they are; there is no place for errors but the log of this process."""

    __slots__ = ()

    def __init__(self, request: 'ScgiRequest', name: str) -> None:
        super().__init__(request, request.environ)  # type: ignore[arg-type]
        self.name = name

    def send_errors(self, text: bytes) -> bool:
        return False

    def failure(self) -> bytes:
        return failed_head('', len(failure_page(self.name)))

    def failure_body(self) -> bytes:
        return failure_page(self.name)


def failure_page(name: str) -> bytes:
    """What is said to who asked: the id with which the log says why."""
    return f'The application failed. Request id: {name}\n'.encode('ascii', 'replace')
