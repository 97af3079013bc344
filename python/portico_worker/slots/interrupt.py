"""Stopping one request from outside: its time is over and the process cannot be replaced for it, or somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Type

if TYPE_CHECKING:
    from typing import Optional, Protocol

    class Threads(Protocol):
        """Those that answer requests."""

        def thread_of(self, request: str) -> Optional[int]: ...


class RequestTimeout(BaseException):
    """Raised in the thread of a request that exceeded request_time; no `except Exception` stops it."""


class RequestKilled(RequestTimeout):
    """The same for a request that was ended with `portico kill`."""


def interrupt(threads: 'Threads', request: str, kind: Type[RequestTimeout] = RequestTimeout) -> None:
    """Raises `kind` in the thread that runs the request; code that waits in C feels it when it returns."""
    try:
        import ctypes  # only now: most workers never need it
    except ImportError:
        return  # an interpreter without libffi; what has used up its time costs the worker then

    ident = threads.thread_of(request)
    if ident is None:
        return
    thread = ctypes.c_ulong(ident)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(kind))
    if threads.thread_of(request) != ident:
        # It has ended by itself just now: the next request of this thread is not to suffer for it.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, None)
