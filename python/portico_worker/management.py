"""Management records (FastCGI 1.0, section 4): what the worker says about itself."""

from __future__ import annotations

from .pairs import decode, encode
from .records import GET_VALUES, GET_VALUES_RESULT, MAX_CONTENT, UNKNOWN_TYPE, record


def management_answer(kind: int, content: bytes, threads: int) -> bytes:
    """The answer to a record with request id 0; b'' when the query is malformed and cannot be answered.

    One connection is one thread and one request at a time, hence the three values.
    """
    if kind != GET_VALUES:
        return record(UNKNOWN_TYPE, 0, bytes((kind, 0, 0, 0, 0, 0, 0, 0)))
    values = {'FCGI_MAX_CONNS': str(threads), 'FCGI_MAX_REQS': str(threads), 'FCGI_MPXS_CONNS': '0'}
    try:
        asked = decode(content)
    except ValueError:
        return b''
    return record(GET_VALUES_RESULT, 0, encode((name, values[name]) for name in asked if name in values)[:MAX_CONTENT])
