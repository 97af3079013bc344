"""A launcher under the command of a test, and scripts for it."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import time
from typing import Any, Callable, Dict, Optional

from ..client import Client, Reply, request
from ..started import DEADLINE, StartedWorker


class Launched(StartedWorker):
    """Context manager; `scripts` is the directory it runs scripts from."""

    arguments = ('launcher',)

    def __init__(self, **told: Any) -> None:
        self.scripts = os.path.realpath(tempfile.mkdtemp(prefix='portico-cgi-'))
        settings: Dict[str, Any] = {
            'slots': 4, 'roots': [self.scripts], 'warm': False, 'directory': None,
            'environment': {'PATH': f'{os.path.dirname(sys.executable)}:/usr/bin:/bin', 'LANG': 'C.UTF-8'},
        }
        settings.update(told)
        super().__init__('', **settings)
        self.ready = self.event()

    def script(self, text: str, name: str = 'script.cgi', mode: int = 0o755) -> str:
        """Writes one; `#!python` in front is this interpreter."""
        path = os.path.join(self.scripts, name)
        if text.startswith('#!python'):
            text = f'#!{sys.executable}' + text[len('#!python'):]
        with open(path, 'wb') as file:
            file.write(text.encode())
        os.chmod(path, mode)
        return path

    def connect(self) -> socket.socket:
        """Again while the backlog is full, which a unix socket says at once."""
        while True:
            try:
                return super().connect()
            except BlockingIOError:
                time.sleep(0.002)

    def client(self) -> Client:
        return Client(self.connect())

    def ask(self, path: str, body: Optional[bytes] = None, **variables: str) -> Reply:
        """One request on a connection of its own."""
        client = self.client()
        try:
            return client.ask(request(body, SCRIPT_FILENAME=path, **variables))
        finally:
            client.close()

    def run(self, text: str, body: Optional[bytes] = None, **variables: str) -> Reply:
        return self.ask(self.script(text), body, **variables)

    def running(self) -> 'list[Dict[str, Any]]':
        """What `stacks` tells."""
        self.tell({'command': 'stacks'})
        return self.event()['threads']

    def __exit__(self, *details: Any) -> Optional[bool]:
        super().__exit__(*details)
        shutil.rmtree(self.scripts, ignore_errors=True)
        return None


def until(condition: Callable[[], Any], what: str = 'what was waited for') -> Any:
    """Waits until the condition is true; gives its value."""
    end = time.monotonic() + DEADLINE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f'{what} did not happen in time')
        time.sleep(0.005)


def alive(pid: int) -> bool:
    """It runs; one that has ended but is not reaped does not."""
    try:
        with open(f'/proc/{pid}/stat') as file:
            return file.read().rpartition(')')[2].split()[0] not in ('Z', 'X')
    except OSError:
        return False
