"""Stopping one request from outside (embedded mode, where the process cannot be replaced for it)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .slots import Slots


class RequestTimeout(BaseException):
    """Raised in the thread of a request that exceeded request_time; no `except Exception` stops it."""


def interrupt(slots: 'Slots', request: str) -> None:
    """Raises RequestTimeout in the thread that runs the request; code that waits in C feels it when it returns."""
    import ctypes  # not for daemons, which load this module too

    ident = slots.thread_of(request)
    if ident is None:
        return
    thread = ctypes.c_ulong(ident)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(RequestTimeout))
    if slots.thread_of(request) != ident:
        # It has ended by itself just now: the next request of this thread is not to suffer for it.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, None)
