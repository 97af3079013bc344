"""Starting a program as a script: by posix_spawn, or by fork and exec when it is to have limits of its own.

posix_spawn does not copy the launcher (vfork). It knows neither a directory nor resource limits; the first the
launcher takes on itself before, which it can because it has one thread, the second needs code in the child.
"""

from __future__ import annotations

import os
import signal
from struct import Struct
from typing import Dict, List, NoReturn, Optional, Tuple

from .limits import OpenFiles, apply_limits

_ERROR = Struct('!i')
#: Every signal has its default action in a script, whatever the launcher and who started it ignore.
_ALL_SIGNALS = sorted(set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP})

#: The descriptors that become 0, 1 and 2.
Streams = Tuple[int, int, int]


class Execution:
    """How this launcher executes; one for all scripts."""

    def __init__(self, slots: int, limits: Dict[str, int]) -> None:
        self._files = OpenFiles(slots)
        self._limits = limits
        ignored = [number for number in _ALL_SIGNALS if signal.getsignal(number) == signal.SIG_IGN]
        #: Handlers of our own end with the exec anyway.
        self._ignored = ignored

    def start(self, program: bytes, words: List[bytes], environ: Dict[bytes, bytes], streams: Streams) -> int:
        """The process id; the program runs in the current directory, in a process group of its own. Raises OSError."""
        if self._limits:
            return self._fork(program, words, environ, streams)
        return self.spawn(program, words, environ, streams)

    def spawn(
        self, program: bytes, words: List[bytes], environ: Dict[bytes, bytes], streams: Tuple[int, ...]
    ) -> int:
        """Without the limits; descriptors 0 to n are taken from `streams`."""
        actions = [(os.POSIX_SPAWN_DUP2, descriptor, at) for at, descriptor in enumerate(streams)]
        if self._files.changes:
            self._files.lower()
        try:
            return os.posix_spawn(
                program, words, environ, file_actions=actions, setpgroup=0, setsigmask=(), setsigdef=self._ignored
            )
        finally:
            if self._files.changes:
                self._files.restore()

    def _fork(self, program: bytes, words: List[bytes], environ: Dict[bytes, bytes], streams: Streams) -> int:
        receive, send = os.pipe()
        try:
            pid = os.fork()
            if pid == 0:
                self._become(program, words, environ, streams, send)
        except OSError:
            os.close(receive)
            os.close(send)
            raise
        os.close(send)
        with open(receive, 'rb', buffering=0) as trouble:
            said = trouble.read(_ERROR.size)  # the end comes with the exec, which closes the other side
        if said:
            os.waitpid(pid, 0)
            number = _ERROR.unpack(said)[0]
            raise OSError(number, os.strerror(number))
        return pid

    def _become(
        self, program: bytes, words: List[bytes], environ: Dict[bytes, bytes], streams: Streams, send: int
    ) -> NoReturn:
        number: Optional[int] = None
        try:
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            for ignored in self._ignored:
                signal.signal(ignored, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            for at, descriptor in enumerate(streams):
                os.dup2(descriptor, at)
            self._files.lower()
            apply_limits(self._limits)
            os.execve(program, words, environ)
        except OSError as error:
            number = error.errno
        finally:
            os.write(send, _ERROR.pack(number or 22))
            os._exit(127)
