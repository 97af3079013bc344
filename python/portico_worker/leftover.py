"""Input that the application left unread: thrown away if there is little of it, else the connection ends."""

from __future__ import annotations

import socket

from .connection import Connection
from .disconnect import Disconnected
from .records import STDIN

#: What is thrown away to keep the connection, in octets.
_DISCARD_LIMIT = 65536
#: How long, in seconds, and how much a connection that cannot be kept waits for the other side to close first.
_LINGER_SECONDS, _LINGER_LIMIT = 1.0, 1 << 20


def settle(connection: Connection) -> bool:
    """After an answer: True when the connection is in step for the next request."""
    budget = _DISCARD_LIMIT
    try:
        while not (connection.input_ended or connection.aborted or connection.broken):
            if budget < 0 or not (connection.pending or connection.read_what_came() or _end_comes(connection)):
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


def _end_comes(connection: Connection) -> bool:
    """When the whole body has come, its end is on the way and worth a wait."""
    if connection.input_left != 0:
        return False
    connection.socket.settimeout(_LINGER_SECONDS)
    try:
        connection.pending.appendleft(connection.next_record())
    except Disconnected:
        return False
    finally:
        connection.socket.settimeout(None)
    return True


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
