"""A connection that carries one SCGI request: a netstring with the variables, CONTENT_LENGTH octets of input."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, List, Optional

from .connection import Connection
from .limits import INPUT_MEMORY
from .netstring import HeadDecoder, Malformed
from .scgi_request import ScgiRequest

if TYPE_CHECKING:
    from .server import Server


class ScgiConnection(Connection):
    """`closing` from the beginning: there is no second request."""

    __slots__ = ('_head', '_request', '_left')

    paused_events = 0  # that the client has closed its half means nothing

    def __init__(self, server: 'Server', sock: socket.socket) -> None:
        super().__init__(server, sock)
        self._head = HeadDecoder()
        self._request: Optional[ScgiRequest] = None
        #: Octets of input that have not come yet.
        self._left = 0
        self.closing = True

    @property
    def complete(self) -> bool:
        return self._request is not None or self._head.empty

    @property
    def in_step(self) -> bool:
        return self._request is not None and not self._left

    @property
    def overfull(self) -> bool:
        request = self._request
        return request is not None and request.arriving is not None and request.arriving.held > INPUT_MEMORY

    def take(self, data: bytes, ready: List[Any]) -> bool:
        request = self._request
        if request is None:
            try:
                variables = self._head.feed(data)
            except Malformed:
                return False
            if variables is None:
                return True
            request = self._request = ScgiRequest(self, 1)
            request.environ = self.server.environ.of_variables(variables)
            request.name = self.server.environ.name_of(request.environ)
            self._left = int(variables['CONTENT_LENGTH'])
            request.input_ended = not self._left
            request.become_ready()
            self.requests[1] = request
            ready.append(request)
            data = self._head.rest
        data = data[: self._left]  # what comes behind belongs to nobody
        if data and request.arriving is not None:
            self._left -= len(data)
            request.arriving.put(data, False)
            if not self._left:
                request.input_ended = True
                request.arriving.end()
        return True

    def take_end(self) -> bool:
        # A client may say that it has sent all by closing its half; that it is gone, a write tells.
        request = self._request
        if request is None or not self.requests:
            return False
        if request.arriving is not None:
            request.arriving.end()  # when it comes too early, the application hears so from its input
        return True
