"""The command as a process under the hands of a test."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from typing import Any, Dict, List, Optional, Sequence

from portico_worker.fastcgi.records import BEGIN, BEGIN_BODY, record

from ..cgi.launched import until
from ..client import Client, Reply, request
from ..started import APPS, DEADLINE, PACKAGE

READY = re.compile(r'^portico: (?:fastcgi|scgi) on (.*)$', re.M)


def begin(request_id: int = 1, keep: bool = True, role: int = 1) -> bytes:
    return record(BEGIN, request_id, BEGIN_BODY.pack(role, int(keep)))


class Served:
    """Context manager. `bind` None: the test's listening socket is descriptor 0."""

    def __init__(
        self, *options: str, app: str = 'served', bind: Optional[str] = 'unix', protocol: str = 'fastcgi',
        environment: Optional[Dict[str, str]] = None, stdin: Any = subprocess.DEVNULL,
        command: Sequence[str] = (PACKAGE,), until_ready: bool = True,
    ) -> None:
        self.folder = tempfile.mkdtemp(prefix='portico-serving-')
        self.path = os.path.join(self.folder, 's.sock')
        words = [sys.executable, *command, protocol, app, '--directory', APPS, *options]
        if bind is not None:
            words += ['--bind', f'unix:{self.path}' if bind == 'unix' else bind]
        self.process = subprocess.Popen(
            words, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd='/',
            env={**os.environ, 'PYTHONDONTWRITEBYTECODE': '1', **(environment or {})},
        )
        self._said: List[str] = []
        self._changed = threading.Condition()
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        self.address = ''
        if until_ready and bind is not None:
            found = self.wait_for(READY)
            self.address = found.group(1)

    @property
    def said(self) -> str:
        """What has come on standard error."""
        return ''.join(self._said)

    def wait_for(self, pattern: Any) -> Any:
        """Waits until standard error has it."""
        with self._changed:
            self._changed.wait_for(lambda: re.search(pattern, self.said) or not self._listening.is_alive(), DEADLINE)
        found = re.search(pattern, self.said)
        if found is None:
            raise AssertionError(f'{pattern} was not said, but: {self.said}')
        return found

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._changed:
                self._said.append(line.decode('utf-8', 'replace'))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def connect(self) -> socket.socket:
        if self.address.startswith('unix:') or not self.address:
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(DEADLINE)
            sock.connect(self.path)
            return sock
        host, _, port = self.address.rpartition(':')
        return socket.create_connection((host.strip('[]'), int(port)), DEADLINE)

    def client(self) -> Client:
        return Client(self.connect())

    def ask(self, path: str, body: Optional[bytes] = None, query: str = '', **variables: str) -> Reply:
        """One request on a connection of its own."""
        client = self.client()
        try:
            return client.ask(request(body, PATH_INFO=path, QUERY_STRING=query, **variables))
        finally:
            client.close()

    def file(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def fifo(self, name: str) -> str:
        path = self.file(name)
        os.mkfifo(path)
        return path

    def end(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal; the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(DEADLINE)
        self._listening.join(DEADLINE)
        return code

    def __enter__(self) -> 'Served':
        return self

    def __exit__(self, *_: Any) -> None:
        self.process.kill()
        self.process.wait()
        self._listening.join(DEADLINE)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Waiting:
    """Waits on construction until the application waits in the fifo, by reading it; `release` lets it go on."""

    def __init__(self, fifo: str) -> None:
        self._descriptor = until(lambda: _open_for_writing(fifo), 'that the application waits')

    def release(self, text: str = 'released') -> None:
        os.write(self._descriptor, text.encode())
        os.close(self._descriptor)


def opened(path: str) -> int:
    """The writing end of a pipe that somebody reads from; 0 while nobody does."""
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return 0


def release(fifo: str) -> None:
    """Lets the application go on as soon as it waits."""
    Waiting(fifo).release()


def _open_for_writing(fifo: str) -> Optional[int]:
    try:
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None  # nobody reads yet


class Listening:
    """Reads what the application writes into a fifo; make it before the application is asked."""

    def __init__(self, fifo: str) -> None:
        self._descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)

    def expect(self, text: str) -> None:
        """Waits until it has said just this."""
        said = b''
        while said != text.encode():
            if not select.select([self._descriptor], [], [], DEADLINE)[0]:
                raise AssertionError(f'only {said!r} was said in time, not {text!r}')
            data = os.read(self._descriptor, 100)
            if not data or not text.encode().startswith(said + data):
                raise AssertionError(f'{said + data!r} was said, not {text!r}')
            said += data

    def close(self) -> None:
        os.close(self._descriptor)
