"""A request that came over SCGI: the connection is its own, and the end of that is the end of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .answers import BUSY, ScgiAnswer
from .request import Request

if TYPE_CHECKING:
    from ..wsgi.answer import Answer
    from .scgi_connection import ScgiConnection


class ScgiRequest(Request):
    """Also what a CGI answer writes to."""

    __slots__ = ()

    connection: 'ScgiConnection'

    def answer(self) -> ScgiAnswer:
        return ScgiAnswer(self, self.name)

    def write(self, data: Any) -> None:
        """Writes octets of the answer."""
        self.connection.transmit(self, data)

    def close(self) -> None:
        """The answer is whole; `settle` ends the connection."""

    def settle(self, answer: 'Answer') -> None:
        connection = self.connection
        if self.broken or getattr(answer, 'cut_short', True):
            connection.reset()
            return
        connection.requests.clear()
        connection.after(self)

    def overloaded(self) -> None:
        connection = self.connection
        with connection.reading:
            connection.requests.clear()
            connection.say(BUSY)
            connection.end_gently()
