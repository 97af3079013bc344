"""FastCGI records as bytes (FastCGI 1.0, section 3.3): pure, bytes in, records out, any chunking.

Knows framing only; what a record means for a request is the connection's affair.
"""

from __future__ import annotations

from struct import Struct
from typing import Dict, List, Tuple

VERSION = 1
BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = range(1, 12)
#: Not a type of the specification: the decoder met bytes that are no record and reads no further.
MALFORMED = 0

#: Application status of an answer that was cut short, on a connection with other requests; "CUT!" in ASCII.
CUT_SHORT = 0x43555421

RESPONDER = 1
KEEP_CONNECTION = 1
REQUEST_COMPLETE, CANNOT_MULTIPLEX, OVERLOADED, UNKNOWN_ROLE = range(4)

#: Largest content we write: the largest multiple of 8 below 64 KiB minus a header, so nothing needs padding.
MAX_CONTENT = 65528

HEADER = Struct('!BBHHBx')
BEGIN_BODY = Struct('!HB5x')
END_BODY = Struct('!IB3x')

Record = Tuple[int, int, bytes]


def record(kind: int, request_id: int, content: bytes = b'') -> bytes:
    """One whole record without padding; content is at most 65535 octets."""
    return HEADER.pack(VERSION, kind, request_id, len(content), 0) + content


def end_request(request_id: int, application_status: int = 0, protocol_status: int = REQUEST_COMPLETE) -> bytes:
    """END_REQUEST (section 5.5)."""
    return record(END, request_id, END_BODY.pack(application_status, protocol_status))


def split(kind: int, request_id: int, content: bytes) -> bytes:
    """Content of any length as records; for short text, since it copies."""
    pieces = range(0, len(content), MAX_CONTENT)
    return b''.join([record(kind, request_id, content[at : at + MAX_CONTENT]) for at in pieces])


_tails: Dict[Tuple[int, int, bool], bytes] = {}


def tail(request_id: int, application_status: int, errors_used: bool) -> bytes:
    """What ends an answer: empty STDOUT, empty STDERR if that stream was used, END_REQUEST (section 6.1)."""
    known = _tails.get((request_id, application_status, errors_used))
    if known is None:
        errors_end = record(STDERR, request_id) if errors_used else b''
        known = record(STDOUT, request_id) + errors_end + end_request(request_id, application_status)
        if len(_tails) < 256:
            _tails[request_id, application_status, errors_used] = known
    return known


class RecordDecoder:
    """Cuts a byte stream into records; keeps what is not whole yet."""

    __slots__ = ('_buffer', '_wanted', '_dead')

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._wanted = HEADER.size
        self._dead = False

    @property
    def empty(self) -> bool:
        """True between two records."""
        return not self._buffer and not self._dead

    def feed(self, data: bytes) -> List[Record]:
        """The records that `data` completes, as (type, request id, content); padding is skipped.

        Bytes that cannot be a record come out as one last `MALFORMED`; after that nothing comes.
        """
        found: List[Record] = []
        if self._dead:
            return found
        buffer = self._buffer
        if buffer:
            buffer += data
            if len(buffer) < self._wanted:
                return found
            # Everything is cut from bytes that do not change any more, so a slice is the only copy.
            data = bytes(buffer)
            buffer.clear()
        at = 0
        size = len(data)
        self._wanted = HEADER.size
        while size - at >= HEADER.size:
            version, kind, request_id, length, padding = HEADER.unpack_from(data, at)
            if version != VERSION or kind == MALFORMED:
                self._dead = True
                found.append((MALFORMED, request_id, b''))
                return found
            end = at + HEADER.size + length
            if end + padding > size:
                self._wanted = end + padding - at
                break
            found.append((kind, request_id, data[at + HEADER.size : end]))
            at = end + padding
        buffer += data[at:] if at else data
        return found
