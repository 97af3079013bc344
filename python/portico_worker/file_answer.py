"""A file as the body of an answer: from its current position, through one buffer, record by record."""

from __future__ import annotations

from typing import Callable, Optional

from .answer import Answer
from .file_wrapper import FileWrapper, fill_of, rest_of
from .records import HEADER, MAX_CONTENT, STDOUT, VERSION


def send_file(wrapper: FileWrapper, answer: Answer) -> None:
    """Sends what the file holds, or as much as Content-Length declares; the head goes with the first piece."""
    rest = rest_of(wrapper.filelike)
    if rest is not None:
        answer.announce(rest)
    if answer.bodiless:
        return
    fill = fill_of(wrapper.filelike)
    if fill is not None:
        _send_plain(fill, answer)
        return
    for block in wrapper:
        if not isinstance(block, bytes):
            raise TypeError(f'the file read {type(block).__name__}; it must be opened in binary mode')
        if not answer.send(block):
            return
        answer.connection.attend()


def _send_plain(fill: Callable[[memoryview], Optional[int]], answer: Answer) -> None:
    """The buffer is one record whose content is filled in place again and again."""
    whole = memoryview(bytearray(HEADER.size + MAX_CONTENT))
    connection = answer.connection
    while answer.left:
        room = MAX_CONTENT if answer.left < 0 else min(MAX_CONTENT, answer.left)
        count = fill(whole[HEADER.size : HEADER.size + room])
        if not count:
            return
        HEADER.pack_into(whole, 0, VERSION, STDOUT, answer.request_id, count, 0)
        with connection.lock:
            if not answer.begun:
                answer.send_head()
            connection.transmit(whole[: HEADER.size + count])
        if answer.left > 0:
            answer.left -= count
        connection.attend()
