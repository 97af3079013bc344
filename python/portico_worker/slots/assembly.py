"""The general way to a request: BEGIN and PARAMS record by record (FastCGI 1.0, sections 5.1 and 5.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Optional

from ..disconnect import Disconnected
from ..fastcgi.pairs import MAX_PARAMS, decode_into
from ..fastcgi.records import (
    ABORT,
    BEGIN,
    BEGIN_BODY,
    KEEP_CONNECTION,
    PARAMS,
    RESPONDER,
    STDIN,
    UNKNOWN_ROLE,
    end_request,
)

if TYPE_CHECKING:
    from .connection import Connection
    from .opening import Request


def assemble(connection: 'Connection', base: Dict[str, Any]) -> 'Optional[Request]':
    """Reads records until a request is complete; None when the connection is to be closed (KEEP_CONN was not set)."""
    params = bytearray()
    keep = True
    while True:
        kind, request_id, content = connection.next_record()
        active = connection.active
        if kind == BEGIN and not active and request_id:
            if len(content) != BEGIN_BODY.size:
                raise Disconnected('BEGIN_REQUEST has the wrong size')
            role, flags = BEGIN_BODY.unpack(content)
            keep = bool(flags & KEEP_CONNECTION)
            if role == RESPONDER:
                connection.begin(request_id)
                continue
            connection.transmit(end_request(request_id, 0, UNKNOWN_ROLE))
        elif active and request_id == active and kind == ABORT:
            connection.transmit(end_request(request_id))
            connection.begin(0)
            params.clear()
        elif active and request_id == active and kind == PARAMS and content:
            params += content
            if len(params) > MAX_PARAMS:
                raise Disconnected(f'the variables of one request are larger than {MAX_PARAMS} octets')
            continue
        elif active and request_id == active and kind == PARAMS:
            environ = base.copy()
            if not decode_into(environ, bytes(params)):
                raise Disconnected('PARAMS are malformed')
            connection.take_end_of_input()
            return environ, active, keep, b''
        elif active and request_id == active and kind == STDIN:
            raise Disconnected('STDIN came before the end of PARAMS')
        else:
            connection.other(kind, request_id, content)
            continue
        if not keep:
            return None
