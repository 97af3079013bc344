"""A file as the body of an answer: from its current position, through one buffer."""

from __future__ import annotations

from .answer import Answer
from .file_wrapper import FileWrapper, fill_of, rest_of


def send_file(wrapper: FileWrapper, answer: Answer) -> None:
    """Sends what the file holds, or as much as Content-Length declares; the head goes with the first piece."""
    rest = rest_of(wrapper.filelike)
    if rest is not None:
        answer.announce(rest)
    if answer.bodiless:
        return
    fill = fill_of(wrapper.filelike)
    if fill is not None:
        answer.put_file(fill)
        return
    for block in wrapper:
        if not isinstance(block, bytes):
            raise TypeError(f'the file read {type(block).__name__}; it must be opened in binary mode')
        if not answer.send(block):
            return
        answer.connection.attend()
