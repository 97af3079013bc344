"""The answer to one request: start_response, write, and what has gone out (PEP 3333, "The start_response() Callable").

A body that is known whole leaves with its head and its end in one send; anything else leaves block by block. How
octets travel is a subclass's affair: as records (record_answer.py) or as they are (cgi_answer.py).
"""

from __future__ import annotations

from .errors import Errors
from .head import FAILURE_FIELD, MAX_HEAD, forbids_body, head_bytes, names_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, List, Optional, Protocol, Tuple

    class Peer(Protocol):
        """Who takes the answer. `broken`: it cannot; `aborted`: it does not want to; `active`: its number for it."""

        broken: bool
        aborted: bool
        active: int

        def attend(self) -> None:
            """Called between the blocks; Disconnected when the rest is not wanted."""

_FAILED_BODY = b'The application failed.\n'


def failed_head(failure: str, length: int = len(_FAILED_BODY)) -> bytes:
    """The head of the 500 that takes the place of an answer; `failure`, if any, is told to the HTTP process alone."""
    told = f'{FAILURE_FIELD}: {failure}\r\n' if failure else ''
    return (
        f'Status: 500 Internal Server Error\r\n{told}'
        f'Content-Type: text/plain\r\nContent-Length: {length}\r\n\r\n'
    ).encode('ascii')


_FAILED_HEAD = failed_head('application')


class Answer:
    """State of one answer. `begun`: the head is out. `left`: octets still owed, -1 when nobody declared a length."""

    __slots__ = ('connection', 'name', 'request_id', 'head', 'begun', 'ended', 'no_body', 'left', 'announced')
    __slots__ += ('failed', 'errors', 'errors_used')

    def __init__(self, connection: Peer, name: str, no_body: bool) -> None:
        self.connection = connection
        self.name = name
        self.request_id = connection.active
        self.no_body = no_body
        self.head: Optional[bytes] = None
        self.begun = self.ended = self.failed = self.errors_used = False
        self.left = self.announced = -1
        self.errors = Errors(self.send_errors)

    def put(self, head: bytes, block: bytes) -> None:
        """Sends the head (b'' when it is out) and a block at once; waits while they are not taken."""
        raise NotImplementedError

    def put_end(self, last: bytes, cut_short: bool) -> None:
        """Sends at most MAX_HEAD octets of output, and the end with its verdict."""
        raise NotImplementedError

    def put_file(self, fill: Callable[[memoryview], Optional[int]]) -> None:
        """Sends the head if it is not out, and what `fill` reads into a buffer, until it reads nothing or enough."""
        raise NotImplementedError

    def send_errors(self, text: bytes) -> bool:
        """Where the text of wsgi.errors goes; False when it takes no more."""
        raise NotImplementedError

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
        self.put(head, block)
        return complete

    def whole(self, body: bytes) -> None:
        """The whole body is here: head, body and end leave together when they are short."""
        if self.left < 0:
            self.left = self.announced = len(body)
        head = self.begin()
        if self.no_body:
            body = b''
        elif self.left < len(body):
            self.log(f'the application sent {len(body)} octets, more than its Content-Length {self.left}')
            body = body[: self.left]
        self.left -= len(body)
        if len(head) + len(body) > MAX_HEAD:
            self.put(head, body)
            self.end()
            return
        self.end(head + body)

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
        if len(head) + 2 > MAX_HEAD:
            raise ValueError(f'the response head is larger than {MAX_HEAD} octets')
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
        self.put_end(last, cut_short)

    def refuse(self) -> None:
        """Ends the answer of an application that failed: a 500 if nothing is out yet, else the verdict "cut short"."""
        self.failed = self.begun or self.connection.aborted
        if self.failed:
            self.end()
            return
        content = self.failure() + (b'' if self.no_body else self.failure_body())
        self.begun = True
        self.left = -1
        self.end(content)

    def failure(self) -> bytes:
        """The head that says why the application gave no answer of its own."""
        return _FAILED_HEAD

    def failure_body(self) -> bytes:
        """What follows it."""
        return _FAILED_BODY

    def explain(self, what: str, traceback: str) -> None:
        """The application raised: the log hears why."""
        self.log(f'{what}\n{traceback}')

    def log(self, text: str) -> None:
        """A line of the worker's own on the errors of this request."""
        self.errors.flush()
        self.errors.write(f'portico: {text.rstrip()}\n')
