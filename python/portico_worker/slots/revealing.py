"""--reload (development): the answer to a failed request carries its traceback, and the HTTP process shows it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..wsgi.answer import failed_head
from .record_answer import RecordAnswer

if TYPE_CHECKING:
    from .connection import Connection

#: Longest traceback that is shown, in characters; its end says most.
_MOST = 8192
#: Most octets that it may take in the head, which is one record and has a limit in the HTTP process. A character
#: outside of ASCII takes six, one beyond the basic plane twelve.
_MOST_OCTETS = 48 * 1024


class RevealingAnswer(RecordAnswer):
    """Tells the HTTP process why, not only that the application failed."""

    __slots__ = ('why',)

    def __init__(self, connection: 'Connection', name: str, no_body: bool) -> None:
        super().__init__(connection, name, no_body)
        self.why = ''

    def explain(self, what: str, traceback: str) -> None:
        self.why = traceback if len(traceback) <= _MOST else '...\n' + traceback[-_MOST:]
        super().explain(what, traceback)

    def failure(self) -> bytes:
        told = _quoted(self.why)
        if len(told) > _MOST_OCTETS:
            told = _quoted('...\n' + self.why[-(_MOST_OCTETS // 12) :])
        return failed_head('application ' + told)


def _quoted(text: str) -> str:
    # JSON is printable ASCII in one line but for DEL, which no head may carry.
    return json.dumps(text).replace('\x7f', '\\u007f')
