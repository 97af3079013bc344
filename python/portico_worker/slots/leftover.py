"""Input that the application left unread: thrown away, so that the connection is in step for the next request.

The HTTP process has nearly all of it on the way already (it gives a connection up by itself when it has more), and
takes the end of an answer for the end of the call: closing here would meet the next request. Only a peer that
neither sends on nor closes, or sends without end, loses its connection.
"""

from __future__ import annotations

import select
import socket

from ..disconnect import Disconnected
from ..fastcgi.records import STDIN
from .connection import Connection

#: What is thrown away to keep the connection, in octets: more than the buffers on both sides of a unix socket hold.
_DISCARD_LIMIT = 1 << 20
#: How long more of it is waited for, in seconds.
_PATIENCE_SECONDS = 1.0
#: How long, in seconds, and how much a connection that cannot be kept waits for the other side to close first.
_LINGER_SECONDS, _LINGER_LIMIT = 1.0, 1 << 20


def settle(connection: Connection) -> bool:
    """After an answer: True when the connection is in step for the next request."""
    budget = _DISCARD_LIMIT
    try:
        while not (connection.input_ended or connection.aborted or connection.broken):
            if budget < 0 or not (connection.pending or connection.read_what_came() or _more_comes(connection)):
                break
            kind, request_id, content = connection.pending.popleft()
            if kind == STDIN and request_id == connection.active:
                budget -= len(content)
                connection.note_input(content)
            else:
                connection.other(kind, request_id, content)
    except Disconnected:
        pass  # the flags tell
    if connection.broken:
        return False
    if connection.input_ended or connection.aborted:
        return True
    _linger(connection.socket)
    return False


def _more_comes(connection: Connection) -> bool:
    """Waits for the next record; False when nothing comes in time. Disconnected when the other side has closed."""
    watched = select.poll()
    watched.register(connection.socket, select.POLLIN)
    while watched.poll(_PATIENCE_SECONDS * 1000):
        if connection.read_what_came():
            return True
    return False


def _linger(sock: socket.socket) -> None:
    """Says that nothing more comes and lets the other side close first: a close over unread input is a reset."""
    limit = _LINGER_LIMIT
    try:
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(_LINGER_SECONDS)
        while limit > 0:
            data = sock.recv(65536)
            if not data:
                return
            limit -= len(data)
    except OSError:
        return
