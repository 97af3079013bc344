"""An answer on the standard output of a CGI program (RFC 3875, section 6)."""

from __future__ import annotations

from ..wsgi.answer import Answer, failed_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional

    from .streams import Streams

_BUFFER = 65536


class CgiAnswer(Answer):
    """`cut_short` is the verdict, once there is one."""

    __slots__ = ('cut_short', '_told')

    connection: Streams

    def __init__(self, streams: Streams, environ: Dict[str, Any]) -> None:
        name = environ.get('REQUEST_ID') or environ.get('UNIQUE_ID') or '-'
        super().__init__(streams, name, environ['REQUEST_METHOD'] == 'HEAD')
        self.cut_short = False
        #: Portico puts its own page in place of a failed answer; to any other server the field would be the client's.
        self._told = environ['SERVER_SOFTWARE'].startswith('Portico')

    def put(self, head: bytes, block: bytes) -> None:
        self.connection.write(head + block if head else block)

    def put_end(self, last: bytes, cut_short: bool) -> None:
        self.ended, self.cut_short = True, cut_short
        if last:
            self.connection.write(last)
        if not cut_short:
            self.connection.close()  # the server need not wait until Python has ended

    def put_file(self, fill: Callable[[memoryview], Optional[int]]) -> None:
        buffer = memoryview(bytearray(_BUFFER))
        while self.left:
            count = fill(buffer[: min(_BUFFER, self.left)] if self.left > 0 else buffer)
            if not count:
                return
            if not self.begun:
                self.put(self.begin(), b'')
            self.connection.write(buffer[:count])
            if self.left > 0:
                self.left -= count

    def send_errors(self, text: bytes) -> bool:
        self.connection.write_errors(text)
        return True

    def failure(self) -> bytes:
        return failed_head('application' if self._told else '')
