"""Why a worker cannot start its application: what the `failed` event carries to the supervisor."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict


class StartFailure(Exception):
    """`reason` is for programs; `message` says what and where, `hint` what to do, `details` is a traceback or empty."""

    def __init__(self, reason: str, message: str, hint: str = '', details: str = '') -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.hint = hint
        self.details = details

    def event(self) -> Dict[str, str]:
        return {
            'event': 'failed',
            'reason': self.reason,
            'message': self.message,
            'hint': self.hint,
            'traceback': self.details,
        }
