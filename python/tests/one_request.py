"""One request of an application as a CGI program, as a server runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any, Dict, NamedTuple

from .started import APPS, DEADLINE, PACKAGE

#: What servers set for every request.
VARIABLES = {
    'GATEWAY_INTERFACE': 'CGI/1.1', 'SERVER_SOFTWARE': 'Apache/2.4', 'SERVER_NAME': 'example.com', 'SERVER_PORT': '80',
    'SERVER_PROTOCOL': 'HTTP/1.1', 'REQUEST_METHOD': 'GET', 'SCRIPT_NAME': '/app', 'PATH_INFO': '/x',
    'QUERY_STRING': '', 'PATH': os.environ.get('PATH', ''),
}


class Reply(NamedTuple):
    """`status` is that of the process, negative for a signal."""

    stdout: bytes
    stderr: str
    status: int

    @property
    def head(self) -> bytes:
        return self.stdout.partition(b'\r\n\r\n')[0]

    @property
    def body(self) -> bytes:
        return self.stdout.partition(b'\r\n\r\n')[2]


def command(target: str, directory: str = APPS, *words: str) -> Any:
    """As the documentation says it: by the file, which is quicker than by the folder."""
    return [sys.executable, os.path.join(PACKAGE, '__main__.py'), 'cgi', '--directory', directory, target, *words]


def environment(**variables: Any) -> Dict[Any, Any]:
    """Without those that are None."""
    told = {**VARIABLES, 'PYTHONDONTWRITEBYTECODE': '1', **variables}
    return {name: value for name, value in told.items() if value is not None}


def ask(target: str, body: bytes = b'', directory: str = APPS, pass_fds: Any = (), **variables: Any) -> Reply:
    """Runs it; a body brings its CONTENT_LENGTH."""
    if body:
        variables.setdefault('CONTENT_LENGTH', str(len(body)))
    done = subprocess.run(
        command(target, directory), input=body, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=pass_fds,
        env=environment(**variables), timeout=DEADLINE, check=False, cwd='/',
    )
    return Reply(done.stdout, done.stderr.decode(), done.returncode)
