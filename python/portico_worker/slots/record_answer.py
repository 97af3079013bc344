"""An answer that travels as FastCGI records (FastCGI 1.0, sections 3.3 and 6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional

from ..disconnect import Disconnected
from ..fastcgi.output import send_block, stdout_header
from ..fastcgi.records import HEADER, MAX_CONTENT, STDERR, STDOUT, VERSION, split, tail
from ..wsgi.answer import Answer

if TYPE_CHECKING:
    from .connection import Connection


class RecordAnswer(Answer):
    """STDOUT and STDERR of the request that is active on a connection."""

    __slots__ = ()

    connection: 'Connection'
    #: Application status of one that was cut short.
    cut_status = 1

    def put(self, head: bytes, block: bytes) -> None:
        with self.connection.lock:
            if head:
                room = len(head) + len(block) <= MAX_CONTENT
                first = head + block if room else head
                self.connection.transmit(stdout_header(self.request_id, len(first)) + first)
                if room:
                    return
            if block:
                self._send_block(block)

    def put_end(self, last: bytes, cut_short: bool) -> None:
        connection = self.connection
        if last:
            last = HEADER.pack(VERSION, STDOUT, self.request_id, len(last), 0) + last
        with connection.lock:
            self.ended = True
            connection.transmit_all(last + tail(self.request_id, self.cut_status if cut_short else 0, self.errors_used))

    def put_file(self, fill: Callable[[memoryview], Optional[int]]) -> None:
        # The buffer is one record whose content is filled in place again and again.
        whole = memoryview(bytearray(HEADER.size + MAX_CONTENT))
        connection = self.connection
        while self.left:
            room = MAX_CONTENT if self.left < 0 else min(MAX_CONTENT, self.left)
            count = fill(whole[HEADER.size : HEADER.size + room])
            if not count:
                return
            HEADER.pack_into(whole, 0, VERSION, STDOUT, self.request_id, count, 0)
            with connection.lock:
                if not self.begun:
                    self.put(self.begin(), b'')
                connection.transmit(whole[: HEADER.size + count])
            if self.left > 0:
                self.left -= count
            connection.attend()

    def send_errors(self, text: bytes) -> bool:
        """Sends STDERR records; False when the request is over or its connection is broken."""
        connection = self.connection
        with connection.lock:
            if self.ended or connection.broken:
                return False
            self.errors_used = True
            try:
                connection.transmit(split(STDERR, self.request_id, text))
            except Disconnected:
                return False
            return True

    def _send_block(self, block: bytes) -> None:
        try:
            send_block(self.connection.socket, self.request_id, block)
        except Disconnected:
            self.connection.broken = True
            raise
