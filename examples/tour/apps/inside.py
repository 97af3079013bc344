"""Inside: the same kind of application, embedded in the web server; it shows whose process it runs in."""

from __future__ import annotations

import os
import platform
import threading
from typing import Iterable

from .page import Environ, StartResponse


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Answers with a few lines of text."""
    program = _program()
    text = (
        f'Hello from Python {platform.python_version()}, {threading.current_thread().name} of process {os.getpid()}.\n\n'
        f'The program of this process is "{program}": {_meaning(program)}\n'
    )
    body = text.encode('utf-8')
    start_response('200 OK', [('Content-Type', 'text/plain; charset=utf-8'), ('Content-Length', str(len(body)))])
    return [body]


def _program() -> str:
    try:
        return os.path.basename(os.readlink('/proc/self/exe'))
    except OSError:
        return 'unknown'


def _meaning(program: str) -> str:
    if program.startswith('python'):
        return 'a worker beside the server.\nInstall libpython (the start of the tour says how) to have it inside.'
    return 'the web server itself.\nPython is a library in it, and this function was called in one of its threads.'
