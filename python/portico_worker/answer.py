"""The answer to one request: start_response, write, and what has gone out (PEP 3333, "The start_response() Callable").

A body that is known whole leaves with its head and its end in one send; anything else leaves block by block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, List, Optional, Tuple

from .disconnect import Disconnected
from .errors import Errors
from .head import FAILURE_FIELD, forbids_body, head_bytes, names_file
from .output import send_block, stdout_header
from .records import MAX_CONTENT, STDERR, split, tail

if TYPE_CHECKING:
    from .connection import Connection

_FAILED_BODY = b'The application failed.\n'


def failed_head(failure: str) -> bytes:
    """The head of the 500 that takes the place of an answer; `failure` is told to the HTTP process alone."""
    return (
        f'Status: 500 Internal Server Error\r\n{FAILURE_FIELD}: {failure}\r\n'
        f'Content-Type: text/plain\r\nContent-Length: {len(_FAILED_BODY)}\r\n\r\n'
    ).encode('ascii')


_FAILED_HEAD = failed_head('application')


class Answer:
    """State of one answer. `begun`: the head is out. `left`: octets still owed, -1 when nobody declared a length."""

    __slots__ = ('connection', 'name', 'request_id', 'head', 'begun', 'ended', 'no_body', 'left', 'announced')
    __slots__ += ('failed', 'errors', 'errors_used')

    def __init__(self, connection: 'Connection', name: str, no_body: bool) -> None:
        self.connection = connection
        self.name = name
        self.request_id = connection.active
        self.no_body = no_body
        self.head: Optional[bytes] = None
        self.begun = self.ended = self.failed = self.errors_used = False
        self.left = self.announced = -1
        self.errors = Errors(self.send_errors)

    def start_response(
        self, status: str, fields: List[Tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """Checks and keeps the head; with `exc_info` it replaces one that is not out yet, or raises again."""
        if exc_info:
            try:
                if self.begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # PEP 3333: no circular reference through the frame
            self.head, self.announced = None, -1
        elif self.head is not None:
            raise AssertionError('start_response was called a second time without exc_info')
        self.head, self.left = head_bytes(status, fields)
        return self.write

    @property
    def bodiless(self) -> bool:
        """True when no body may follow the head: HEAD, 204, 304."""
        return self.no_body or (self.head is not None and forbids_body(self.head))

    def announce(self, length: int) -> None:
        """The length of the body is known before it is sent; becomes Content-Length if the application gave none."""
        if not self.begun and self.left < 0:
            self.left = self.announced = length

    def write(self, block: bytes) -> None:
        """The callable that start_response returns (PEP 3333, "The write() Callable")."""
        if not isinstance(block, bytes):
            raise TypeError(f'write() takes bytes, not {type(block).__name__}')
        if self.ended:
            raise ValueError('write() was called after the request had ended')
        if block and not self.send(block) and not self.no_body:
            raise ValueError('write() was given more octets than Content-Length declares')

    def send(self, block: bytes) -> bool:
        """Sends one block at once, the head before it; False when the answer takes no more."""
        head = b'' if self.begun else self.begin()
        size = len(block)
        complete = True
        if self.no_body:
            block, complete = b'', False
        elif 0 <= self.left < size:
            self.log(f'the application sent {size - self.left} octets or more over its Content-Length; cut off')
            block, complete = block[: self.left], False
        if self.left > 0:
            self.left -= len(block)
        with self.connection.lock:
            if head:
                room = len(head) + len(block) <= MAX_CONTENT
                first = head + block if room else head
                self.connection.transmit(stdout_header(self.request_id, len(first)) + first)
                if room:
                    return complete
            if block:
                self._send_block(block)
        return complete

    def whole(self, body: bytes) -> None:
        """The whole body is here: head, body and end leave together when they fit one record."""
        if self.left < 0:
            self.left = self.announced = len(body)
        head = self.begin()
        if self.no_body:
            body = b''
        elif self.left < len(body):
            self.log(f'the application sent {len(body)} octets, more than its Content-Length {self.left}')
            body = body[: self.left]
        self.left -= len(body)
        size = len(head) + len(body)
        if size > MAX_CONTENT:
            with self.connection.lock:
                self.connection.transmit(stdout_header(self.request_id, len(head)) + head)
                self._send_block(body)
            self.end()
            return
        self.end(stdout_header(self.request_id, size) + head + body)

    def begin(self) -> bytes:
        """The head with its empty line; from now on it counts as sent."""
        head = self.head
        if head is None:
            raise AssertionError('start_response was not called before the first octet of the body or the end')
        if forbids_body(head):
            self.no_body = True
        elif self.announced > 0 or (self.announced == 0 and not self.no_body):
            # Nothing is said of an empty answer to HEAD: GET may well have a body.
            head += b'Content-Length: %d\r\n' % self.announced
        if len(head) + 2 > MAX_CONTENT:
            raise ValueError(f'the response head is larger than {MAX_CONTENT} octets')
        self.begun = True
        return head + b'\r\n'

    def end(self, last: bytes = b'') -> None:
        """Sends `last` and the end of the answer with its verdict."""
        cut_short = self.failed
        if self.left > 0 and not self.no_body and not cut_short and not (self.head and names_file(self.head)):
            cut_short = True
            self.log(f'the application sent {self.left} octets less than its Content-Length')
        if self.errors.pending:
            self.errors.flush()
        connection = self.connection
        with connection.lock:
            self.ended = True
            connection.transmit_all(last + tail(self.request_id, 1 if cut_short else 0, self.errors_used))

    def refuse(self) -> None:
        """Ends the answer of an application that failed: a 500 if nothing is out yet, else the verdict "cut short"."""
        self.failed = self.begun or self.connection.aborted
        if self.failed:
            self.end()
            return
        content = self.failure() + (b'' if self.no_body else _FAILED_BODY)
        self.begun = True
        self.left = -1
        self.end(stdout_header(self.request_id, len(content)) + content)

    def failure(self) -> bytes:
        """The head that says why the application gave no answer of its own."""
        return _FAILED_HEAD

    def explain(self, what: str, traceback: str) -> None:
        """The application raised: the log hears why."""
        self.log(f'{what}\n{traceback}')

    def log(self, text: str) -> None:
        """A line of the worker's own on the errors of this request."""
        self.errors.flush()
        self.errors.write(f'portico: {text.rstrip()}\n')

    def send_errors(self, text: bytes) -> bool:
        """Sends STDERR records; False when the request is over or its connection is broken."""
        connection = self.connection
        with connection.lock:
            if self.ended or connection.broken:
                return False
            try:
                connection.transmit(split(STDERR, self.request_id, text))
            except Disconnected:
                return False
            self.errors_used = True
            return True

    def send_head(self) -> None:
        """Sends the head by itself."""
        head = self.begin()
        self.connection.transmit(stdout_header(self.request_id, len(head)) + head)

    def _send_block(self, block: bytes) -> None:
        try:
            send_block(self.connection.socket, self.request_id, block)
        except Disconnected:
            self.connection.broken = True
            raise
