"""A worker process under the command of a test, as the supervisor has one: descriptor 3, stdout and stderr as pipes."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from typing import Any, Dict, Optional, Sequence

PACKAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'portico_worker')
APPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'apps')
#: No wait of a test is longer, in seconds.
DEADLINE = 20.0


class StartedWorker:
    """Starts on construction; use as a context manager, which ends the process by its id."""

    #: Behind the path of the package on its command line.
    arguments: Sequence[str] = ()
    #: Descriptors that it gets besides, under their numbers.
    handed: Sequence[int] = ()

    def __init__(self, wsgi: str, python: str = sys.executable, output: Any = subprocess.PIPE, **told: Any) -> None:
        self.folder = tempfile.mkdtemp(prefix='portico-')
        self.path = os.path.join(self.folder, 'w.sock')
        self.control, theirs = socket.socketpair()
        self.control.settimeout(DEADLINE)
        self._rest = b''
        settings: Dict[str, Any] = {
            'application': 'test', 'wsgi': wsgi, 'directory': APPS, 'socket': self.path, 'socket_mode': 0o660,
            'threads': 1, 'environment': {}, 'user': None, 'group': None,
            'server_software': 'Portico/0', 'multiprocess': True,
        }
        settings.update(told)
        # Only descriptor 3 may reach the worker, and dup2 onto itself would keep it closed on exec.
        saved = os.dup(3) if _is_open(3) else None
        if theirs.fileno() != 3:
            os.dup2(theirs.fileno(), 3)
        os.set_inheritable(3, True)
        try:
            self.process = subprocess.Popen(
                [python, PACKAGE, *self.arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, pass_fds=(3, *self.handed), cwd='/',
            )
        finally:
            if theirs.fileno() != 3:
                theirs.close()
                if saved is not None:
                    os.dup2(saved, 3, inheritable=False)
                    os.close(saved)
                else:
                    os.close(3)
            else:
                theirs.close()
        self.tell(settings)

    def tell(self, message: Dict[str, Any]) -> None:
        self.control.sendall(json.dumps(message).encode() + b'\n')

    def event(self) -> Dict[str, Any]:
        """The next event."""
        while b'\n' not in self._rest:
            data = self.control.recv(65536)
            if not data:
                raise EOFError(f'the worker closed descriptor 3; exit code {self.process.wait(DEADLINE)}')
            self._rest += data
        line, _, self._rest = self._rest.partition(b'\n')
        return json.loads(line)

    def connect(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(DEADLINE)
        try:
            sock.connect(self.path)
        except OSError:
            sock.close()
            raise
        return sock

    def stop(self, deadline: float = 5.0) -> int:
        self.tell({'command': 'stop', 'deadline': deadline})
        return self.process.wait(DEADLINE)

    def output(self, stream: str = 'stdout') -> bytes:
        """Everything the process wrote; only after its end."""
        return getattr(self.process, stream).read()

    def __enter__(self) -> 'StartedWorker':
        return self

    def __exit__(self, *_: Any) -> Optional[bool]:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        self.control.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return None


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
        return True
    except OSError:
        return False
