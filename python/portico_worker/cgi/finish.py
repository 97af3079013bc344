"""The end of a script's process, in the order of Py_FinalizeEx.

Threads are waited for, exit handlers run, the globals and the modules that the script has imported die, open files are
flushed. The rest of finalization is left out: it takes apart every object of the interpreter, and so copies each page
that the fork shares with the fork-server.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from typing import Any, NoReturn, Set

#: What Python exits with when the last flush fails.
_FLUSH_FAILED = 120


class Ending:
    """`known` are the modules that were there before the script."""

    def __init__(self, known: Set[str]) -> None:
        self._known = known

    def done(self) -> NoReturn:
        """The script came to its end."""
        self._end(0)

    def failed(self, error: BaseException) -> NoReturn:
        """It raised this, as PyErr_Print and Py_RunMain treat it."""
        if isinstance(error, SystemExit):
            self._end(_exit_code(error))
        interrupted = isinstance(error, KeyboardInterrupt)
        code = _print(error)
        del error
        self._end(code, interrupted)

    def _end(self, code: int, interrupted: bool = False) -> NoReturn:
        try:
            threading = sys.modules.get('threading')
            if threading is not None:
                _guarded(threading._shutdown)  # type: ignore[attr-defined]
            _guarded(atexit._run_exitfuncs)
            if not _flush():
                code = _FLUSH_FAILED
            self._clear()
            if not _flush():
                code = _FLUSH_FAILED
            if interrupted:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                os.kill(os.getpid(), signal.SIGINT)
        finally:
            os._exit(code & 0xFF)

    def _clear(self) -> None:
        if len(sys._current_frames()) > 1:
            sys.setswitchinterval(1000.0)  # daemon threads do not run on in an interpreter that ends
        names = sys.modules['__main__'].__dict__
        for private in (True, False):  # the order of _PyModule_Clear
            for name in list(names):
                if name != '__builtins__' and (name.startswith('_') and not name.startswith('__')) == private:
                    names[name] = None
        for name in [name for name in sys.modules if name not in self._known]:
            sys.modules.pop(name, None)
        for name in ('last_type', 'last_value', 'last_traceback', 'last_exc'):
            if hasattr(sys, name):
                setattr(sys, name, None)
        gc.collect()  # what was there before the fork is frozen, so this is about the script's objects alone


def _guarded(function: Any) -> None:
    try:
        function()
    except BaseException as error:
        _print(error)


def _exit_code(error: SystemExit) -> int:
    """The code, and the text if it is one, as handle_system_exit does it."""
    code = error.code
    if code is None:
        return 0
    if isinstance(code, int):
        return int(code)
    _flush()
    try:
        sys.stderr.write(f'{code}\n')
        sys.stderr.flush()
    except Exception:
        pass
    return 1


def _print(error: BaseException) -> int:
    """By sys.excepthook; gives the exit code."""
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    if sys.version_info >= (3, 12):
        sys.last_exc = error
    hook = getattr(sys, 'excepthook', sys.__excepthook__)
    try:
        hook(type(error), error, error.__traceback__)
    except SystemExit as ending:
        return _exit_code(ending)
    except BaseException as second:
        _say('Error in sys.excepthook:\n')
        own = second.__traceback__.tb_next if second.__traceback__ is not None else None
        sys.__excepthook__(type(second), second.with_traceback(own), own)
        _say('\nOriginal exception was:\n')
        sys.__excepthook__(type(error), error, error.__traceback__)
    _flush()
    return 1


def _say(text: str) -> None:
    try:
        sys.stderr.write(text)
    except Exception:
        pass


def _flush() -> bool:
    """False when stdout could not be flushed, which is said."""
    fine = True
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except Exception as error:
            if stream is sys.stdout:
                fine = False
                _say(f'Exception ignored in: {stream!r}\n{type(error).__name__}: {error}\n')
    return fine
