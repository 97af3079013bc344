"""STDOUT records of one connection: how blocks of any size leave without being copied (FastCGI 1.0, section 3.3)."""

from __future__ import annotations

import socket
from typing import List, Union

from ..disconnect import Disconnected
from .records import HEADER, MAX_CONTENT, STDOUT, VERSION

Block = Union[bytes, memoryview]

#: Above this a block is handed to the kernel where it lies; below, one joined send is cheaper than a vector.
_COPY_LIMIT = 16384
#: Records in one system call.
_BATCH = 16


def stdout_header(request_id: int, length: int) -> bytes:
    return HEADER.pack(VERSION, STDOUT, request_id, length, 0)


def send_all(sock: socket.socket, parts: List[Block]) -> None:
    """Sends the parts in order, all of them."""
    left = sum(map(len, parts))
    while True:
        sent = sock.sendmsg(parts)
        left -= sent
        if not left:
            return
        while sent >= len(parts[0]):
            sent -= len(parts.pop(0))
        parts[0] = memoryview(parts[0])[sent:]


def send_block(sock: socket.socket, request_id: int, block: bytes) -> None:
    """One block as STDOUT records; blocks until the other side has taken it, which is our back-pressure."""
    length = len(block)
    try:
        if length <= _COPY_LIMIT:
            sock.sendall(stdout_header(request_id, length) + block)
            return
        view = memoryview(block)
        full = stdout_header(request_id, MAX_CONTENT)
        parts: List[Block] = []
        for at in range(0, length, MAX_CONTENT):
            piece = view[at : at + MAX_CONTENT]
            parts.append(full if len(piece) == MAX_CONTENT else stdout_header(request_id, len(piece)))
            parts.append(piece)
            if len(parts) == 2 * _BATCH:
                send_all(sock, parts)
                parts = []
        if parts:
            send_all(sock, parts)
    except OSError as error:
        raise Disconnected('the connection of the request is closed') from error
