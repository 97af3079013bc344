"""A connection that carries FastCGI records of several requests at once (FastCGI 1.0, sections 3.3, 4, 5 and 6)."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, Dict, List

from ..fastcgi.management import management_answer
from ..fastcgi.pairs import MAX_PARAMS
from ..fastcgi.records import (
    ABORT, BEGIN, BEGIN_BODY, GET_VALUES, KEEP_CONNECTION, MALFORMED, OVERLOADED, PARAMS, RESPONDER, STDIN, UNKNOWN_ROLE, RecordDecoder,
    end_request,
)
from .arriving import Arriving
from .connection import Connection
from .limits import INPUT_MEMORY, INPUT_STORED, MAX_GATHERED, MAX_UNWANTED
from .record_request import RecordRequest

if TYPE_CHECKING:
    from .server import Server


class RecordConnection(Connection):
    """Takes the records apart by their request ids."""

    __slots__ = ('_decoder', '_gathered', '_assembling', '_multiplexes', '_fullest', '_unended', '_unwanted')

    requests: Dict[int, RecordRequest]  # type: ignore[assignment]

    def __init__(self, server: 'Server', sock: socket.socket) -> None:
        super().__init__(server, sock)
        self._decoder = RecordDecoder()
        #: Octets of variables, and requests, that are not whole.
        self._gathered = self._assembling = 0
        #: Several requests were seen at once: then none may stop the others by not reading its input.
        self._multiplexes = False
        #: The request whose input waits beyond the limit.
        self._fullest: Any = None
        #: A request is over whose input was not; what comes of it is counted.
        self._unended = False
        self._unwanted = 0

    @property
    def complete(self) -> bool:
        return not self._assembling and (bool(self.requests) or self._decoder.empty)

    @property
    def in_step(self) -> bool:
        return not self._unended and self._decoder.empty

    @property
    def overfull(self) -> bool:
        fullest = self._fullest
        if fullest is None or fullest.arriving is None:
            return False
        if fullest.arriving.held > (INPUT_STORED if self._may_multiplex else INPUT_MEMORY):
            return True
        self._fullest = None
        return False

    @property
    def _may_multiplex(self) -> bool:
        """Other requests come on this connection, or may: who has asked whether they can is going to send them."""
        return self._multiplexes or self.server.told

    def over(self, request: RecordRequest) -> None:
        """It is not active any more; its id may come again."""
        if not request.keep:
            self.closing = True
        if not request.input_ended:
            self._unended = True

    def take(self, data: bytes, ready: List[Any]) -> bool:
        requests = self.requests
        for kind, request_id, content in self._decoder.feed(data):
            request = requests.get(request_id)
            if request is None:
                if not self._take_other(kind, request_id, content):
                    return False
            elif kind == STDIN:
                if not self._take_input(request, content):
                    return False
            elif kind == PARAMS:
                if not self._take_params(request, content, ready):
                    return False
            elif kind == ABORT:
                if not self._take_abort(request):
                    return False
            elif kind in (BEGIN, MALFORMED):
                return False  # FastCGI says nothing of BEGIN for an active id; which of both would it be?
        for request in ready:
            request.become_ready()
        if self.closing and self.owes_nothing:
            self.end_gently()
        return True

    def _take_other(self, kind: int, request_id: int, content: bytes) -> bool:
        """A record of no active request."""
        if kind == MALFORMED:
            return False
        if request_id == 0:
            answer = management_answer(kind, content, self.server.values)
            if kind == GET_VALUES:
                self.server.told = True
            return bool(answer) and self.say(answer)
        if kind == BEGIN:
            return self._begin(request_id, content)
        if kind == STDIN and not self.requests:
            self._unwanted += len(content)
            if self._unwanted > MAX_UNWANTED:
                self.closing = self._unended = True
        return True  # section 3.3: of an inactive request, so ignored

    def _begin(self, request_id: int, content: bytes) -> bool:
        if len(content) != BEGIN_BODY.size:
            return False
        role, flags = BEGIN_BODY.unpack(content)
        self._unended, self._unwanted = False, 0
        request = RecordRequest(self, request_id, bool(flags & KEEP_CONNECTION))
        if role != RESPONDER:
            return self._refuse(request, UNKNOWN_ROLE)
        if self.closing or len(self.requests) >= self.server.most_requests:
            return self._refuse(request, OVERLOADED)
        if self.requests:
            self._multiplexes = True
        self._assembling += 1
        self.requests[request_id] = request
        return True

    def _refuse(self, request: RecordRequest, status: int) -> bool:
        self.over(request)
        return self.say(end_request(request.active, 0, status))

    def _take_params(self, request: RecordRequest, content: bytes, ready: List[Any]) -> bool:
        params = request.params
        if params is None:
            return False
        if content:
            params += content
            self._gathered += len(content)
            return len(params) <= MAX_PARAMS and self._gathered <= MAX_GATHERED
        environ = self.server.environ.of_params(bytes(params))
        if environ is None:
            return False
        self._assembled(request)
        request.environ = environ
        request.name = self.server.environ.name_of(environ)
        ready.append(request)
        return True

    def _assembled(self, request: RecordRequest) -> None:
        """Its variables are whole, or nobody wants them."""
        if request.params is not None:
            self._gathered -= len(request.params)
            self._assembling -= 1
            request.params = None

    def _take_input(self, request: RecordRequest, content: bytes) -> bool:
        if request.params is not None or request.input_ended:
            return False
        arriving = request.arriving
        if not content:
            request.input_ended = True
            if arriving is not None:
                arriving.end()
            return True
        if arriving is None:
            arriving = request.arriving = Arriving()
        try:
            arriving.put(content, self._may_multiplex)
        except OSError:
            return False  # there is no room for it
        if arriving.held > INPUT_MEMORY:
            self._fullest = request
        return True

    def _take_abort(self, request: RecordRequest) -> bool:
        if self.requests.pop(request.active, None) is not request:
            return True  # it has ended just now
        self._assembled(request)
        self.over(request)
        request.abort()
        return self.say(request)
