"""What the interpreter says when it crashes, or when its lock is never free again: the stacks of its threads.

Both are written by C code that needs no running interpreter. Asked for by a signal rather than armed as a timer that every
sign of life puts off (`faulthandler.dump_traceback_later`): there is only one such timer in a process and an application may
use it, it would start a thread every few seconds, and it could not be asked now, at request_time.
"""

from __future__ import annotations

import faulthandler
import os
import signal

#: The signal at which the stacks are written; 0 where the system has none that nobody uses.
STACK_SIGNAL = int(getattr(signal, 'SIGRTMAX', 0))
_OUTPUT = 2


def install(descriptor: int) -> None:
    """Fatal signals and STACK_SIGNAL write to `descriptor` from now on."""
    if descriptor != _OUTPUT:
        os.set_inheritable(descriptor, False)
    faulthandler.enable(file=descriptor)
    if STACK_SIGNAL:
        faulthandler.register(STACK_SIGNAL, file=descriptor, all_threads=True)


def close_in_child(descriptor: int) -> None:
    """In a forked child of the application: its end is not that of the worker, so it says so like any program."""
    if descriptor == _OUTPUT:
        return
    if STACK_SIGNAL:
        faulthandler.unregister(STACK_SIGNAL)
    if faulthandler.is_enabled():
        faulthandler.enable(file=_OUTPUT)
    try:
        os.close(descriptor)
    except OSError:
        pass
