"""The events that say how a start went."""

from __future__ import annotations

import os
import sys
import time
import traceback
from typing import Any, Dict

from ..failure import StartFailure

#: Exit code after a `failed` event.
FAILED = 3


def started(began: float) -> Dict[str, Any]:
    """The `ready` event; `began` is on the monotonic clock."""
    return {
        'event': 'ready',
        'pid': os.getpid(),
        'python': '.'.join(map(str, sys.version_info[:3])),
        'executable': sys.executable,
        'took': round(time.monotonic() - began, 3),
    }


def unforeseen(error: BaseException) -> StartFailure:
    """Anything but a StartFailure is a fault of ours or of the settings; the supervisor still hears what it was."""
    message = f'Cannot start the worker: {type(error).__name__}: {error}'
    details = ''.join(traceback.format_exception(type(error), error, error.__traceback__))
    return StartFailure('import-error', message, 'See the traceback', details)
