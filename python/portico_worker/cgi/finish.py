"""The end of a script's process, in the order of Py_FinalizeEx.

Threads are waited for, exit handlers run, the globals and the modules that the script has imported die, open files are
flushed. The rest of finalization is left out: it takes apart every object of the interpreter, and so copies each page
that the fork shares with the fork-server. Measured for a small script, on a machine where a bare flush and _exit make
2.5 ms of a request: 2.8 ms this way, 11 ms with Py_FinalizeEx.
"""

from __future__ import annotations

import _signal
import _thread
import atexit
import gc
import os
import sys
from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, NoReturn, Set
    from .learned import Learned

#: Of sys, where there was one.
_LAST_ERROR = ('last_type', 'last_value', 'last_traceback', 'last_exc')
#: What Python exits with when the last flush fails.
_FLUSH_FAILED = 120


class Ending:
    """`known` are the modules that were there before the script; `learned` hears of those it has imported."""

    def __init__(self, known: Set[str], learned: 'Learned') -> None:
        self._known = known
        self._ctypes: Any = None
        self._learned = learned

    def done(self) -> NoReturn:
        """The script came to its end."""
        self._end(0, natural=True)

    def failed(self, error: BaseException) -> NoReturn:
        """It raised this, as PyErr_Print and Py_RunMain treat it."""
        if isinstance(error, SystemExit):
            self._end(_exit_code(error))
        interrupted = isinstance(error, KeyboardInterrupt)
        code = _print(error)
        del error
        self._end(code, interrupted)

    def _end(self, code: int, interrupted: bool = False, natural: bool = False) -> NoReturn:
        try:
            threading = sys.modules.get('threading')
            has_handlers = atexit._ncallbacks() > 0
            # One of the script's own that is called so has none.
            shutdown = getattr(threading, '_shutdown', None)
            if shutdown is not None and (has_handlers or not _is_alone(threading)):
                _guarded(shutdown)
            if has_handlers or atexit._ncallbacks() > 0:
                try:
                    atexit._run_exitfuncs()
                except BaseException:
                    pass  # it has been printed; Python before 3.10 raises the last of them again, and ignores it
            self._ctypes = sys.modules.get('ctypes')
            fine = _flush()
            self._clear(natural)
            if not (fine and _flush()):
                code = _FLUSH_FAILED
            self._flush_c()
            if interrupted:
                _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
                os.kill(os.getpid(), _signal.SIGINT)
        finally:
            os._exit(code & 0xFF)

    def _flush_c(self) -> None:
        """What code in C has printed, if it may have: exit(3) would do it, and _exit does not."""
        ctypes = self._ctypes
        if ctypes is not None:
            try:
                ctypes.CDLL(None).fflush(None)
            except Exception:
                pass

    def _clear(self, natural: bool) -> None:
        """`natural`: the globals die with their module, or with the cycle that functions make of them.

        After an exception the interpreter still holds its traceback, and the frames in that hold the globals: they go
        one by one then, modules last, since a `__del__` may need them.
        """
        if _thread._count() > 0:
            sys.setswitchinterval(1000.0)  # daemon threads do not run on in an interpreter that ends
        main = sys.modules.pop('__main__', None)
        if not natural and main is not None:
            names = main.__dict__
            for modules in (False, True):
                for name in [name for name, value in names.items() if isinstance(value, type(sys)) == modules]:
                    if not name.startswith('__'):
                        names[name] = None
        del main
        # The new ones are the last; to look at the old ones would copy the page of each name.
        new = len(sys.modules) - len(self._known)
        if new > 0:
            self._drop(list(islice(reversed(sys.modules), new)))
        names = sys.__dict__
        for name in _LAST_ERROR:
            if name in names:
                names[name] = None
        # What was there before the fork is frozen, so this is about the script's objects alone. Where none of them has
        # grown old the youngest generations are all of them; a full collection also empties the interpreter's stores.
        gc.collect(2 if sys.version_info >= (3, 14) or gc.get_objects(2) else 1)

    def _drop(self, names: List[str]) -> None:
        """Modules that the script has imported."""
        for name in names:
            if name not in self._known:
                self._learned.mark(name)
                del sys.modules[name]


def _is_alone(threading: Any) -> bool:
    """No thread but this one was ever started, and nobody wants to hear of the end of it; False when that is not known."""
    try:
        return not (threading._shutdown_locks or threading._threading_atexits) and len(threading._active) == 1
    except AttributeError:
        return False


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
            if stream is not None and not getattr(stream, 'closed', False):
                stream.flush()
        except Exception as error:
            if stream is sys.stdout:
                fine = False
                where = 'on flushing sys.stdout' if sys.version_info >= (3, 13) else f'in: {stream!r}'
                colon = ':' if sys.version_info >= (3, 13) else ''
                _say(f'Exception ignored {where}{colon}\n{type(error).__name__}: {error}\n')
    for stream in (sys.__stdout__, sys.__stderr__):  # a script may have put others in their place, and kept these
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except Exception:
            pass
    return fine
