"""The HTTP process's side of FastCGI, for tests: requests as bytes, answers taken apart."""

from __future__ import annotations

import socket
from typing import Dict, List, NamedTuple, Optional, Tuple

from portico_worker.fastcgi.pairs import encode
from portico_worker.fastcgi.records import (
    BEGIN, BEGIN_BODY, END, END_BODY, PARAMS, STDERR, STDIN, STDOUT, Record, RecordDecoder, record, split,
)

CONSTANT = {
    'GATEWAY_INTERFACE': 'CGI/1.1', 'SERVER_SOFTWARE': 'Portico/0', 'SERVER_NAME': 'example.com', 'SERVER_PORT': '80',
    'SERVER_PROTOCOL': 'HTTP/1.1', 'DOCUMENT_ROOT': '/srv', 'SCRIPT_NAME': '', 'REQUEST_SCHEME': 'http',
}
VARYING = {
    'REQUEST_METHOD': 'GET', 'REQUEST_URI': '/', 'PATH_INFO': '/', 'QUERY_STRING': '', 'REMOTE_ADDR': '127.0.0.1',
    'REMOTE_PORT': '54321', 'REQUEST_ID': 'r-1', 'HTTP_HOST': 'example.com', 'HTTP_USER_AGENT': 'test/1',
    'HTTP_ACCEPT': '*/*',
}


class Reply(NamedTuple):
    """What came back for one request; `status` is the application status of END_REQUEST."""

    stdout: bytes
    stderr: bytes
    status: int
    protocol: int
    kinds: List[int]

    @property
    def head(self) -> bytes:
        return self.stdout.partition(b'\r\n\r\n')[0]

    @property
    def body(self) -> bytes:
        return self.stdout.partition(b'\r\n\r\n')[2]


def head_of(request_id: int = 1, keep: bool = True, role: int = 1, **variables: str) -> bytes:
    """BEGIN and PARAMS as the HTTP process writes them."""
    varying = dict(VARYING, **variables)
    return (
        record(BEGIN, request_id, BEGIN_BODY.pack(role, int(keep)))
        + record(PARAMS, request_id, encode(CONSTANT.items()))
        + split(PARAMS, request_id, encode(varying.items()))
        + record(PARAMS, request_id)
    )


def request(body: Optional[bytes] = None, request_id: int = 1, keep: bool = True, **variables: str) -> bytes:
    """A whole request; a body brings its CONTENT_LENGTH."""
    if body is not None:
        variables.setdefault('CONTENT_LENGTH', str(len(body)))
    return head_of(request_id, keep, **variables) + split(STDIN, request_id, body or b'') + record(STDIN, request_id)


class Client:
    """One connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._decoder = RecordDecoder()
        self._pending: List[Record] = []

    def next_record(self) -> Record:
        """The next record; EOFError at the end of the connection."""
        while not self._pending:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError('the worker closed the connection')
            self._pending.extend(self._decoder.feed(data))
        return self._pending.pop(0)

    def reply(self, request_id: int = 1) -> Reply:
        """Everything up to END_REQUEST."""
        out: Dict[int, List[bytes]] = {STDOUT: [], STDERR: []}
        kinds: List[int] = []
        while True:
            kind, found, content = self.next_record()
            if found != request_id:
                continue
            kinds.append(kind)
            if kind == END:
                status, protocol = END_BODY.unpack(content)
                return Reply(b''.join(out[STDOUT]), b''.join(out[STDERR]), status, protocol, kinds)
            out[kind].append(content)

    def ask(self, data: bytes) -> Reply:
        self.socket.sendall(data)
        return self.reply()

    def first(self) -> Tuple[int, int, bytes]:
        return self.next_record()

    def close(self) -> None:
        self.socket.close()
