"""Management records (FastCGI 1.0, section 4): what the worker says about itself."""

from __future__ import annotations

from .pairs import decode, encode
from .records import GET_VALUES, GET_VALUES_RESULT, MAX_CONTENT, UNKNOWN_TYPE, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict


def values_of(connections: int, requests: int, multiplexes: bool) -> Dict[str, str]:
    """What FCGI_GET_VALUES may ask for: how many of each are taken at a time, and whether a connection carries several."""
    return {
        'FCGI_MAX_CONNS': str(connections),
        'FCGI_MAX_REQS': str(requests),
        'FCGI_MPXS_CONNS': str(int(multiplexes)),
    }


def slot_values(slots: int) -> Dict[str, str]:
    """Where one connection is one slot, which takes one request at a time."""
    return values_of(slots, slots, False)


def management_answer(kind: int, content: bytes, values: Dict[str, str]) -> bytes:
    """The answer to a record with request id 0; b'' when the query is malformed and cannot be answered."""
    if kind != GET_VALUES:
        return record(UNKNOWN_TYPE, 0, bytes((kind, 0, 0, 0, 0, 0, 0, 0)))
    try:
        asked = decode(content)
    except ValueError:
        return b''
    return record(GET_VALUES_RESULT, 0, encode((name, values[name]) for name in asked if name in values)[:MAX_CONTENT])
