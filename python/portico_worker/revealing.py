"""--reload (development): the answer to a failed request carries its traceback, and the HTTP process shows it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .answer import Answer, failed_head

if TYPE_CHECKING:
    from .connection import Connection

#: Longest traceback that is shown, in characters; its end says most. What cannot be printed takes six octets each.
_MOST = 8192


class RevealingAnswer(Answer):
    """Tells the HTTP process why, not only that the application failed."""

    __slots__ = ('why',)

    def __init__(self, connection: 'Connection', name: str, no_body: bool) -> None:
        super().__init__(connection, name, no_body)
        self.why = ''

    def explain(self, what: str, traceback: str) -> None:
        self.why = traceback if len(traceback) <= _MOST else '...\n' + traceback[-_MOST:]
        super().explain(what, traceback)

    def failure(self) -> bytes:
        # JSON is printable ASCII in one line but for DEL, which no head may carry.
        return failed_head('application ' + json.dumps(self.why).replace('\x7f', '\\u007f'))
