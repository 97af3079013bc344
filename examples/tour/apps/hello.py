"""Hello: a tiny WSGI application that also shows which process and thread answered."""

from __future__ import annotations

import itertools
import os
import platform
import threading
from typing import Iterable

from .page import Environ, StartResponse

_answers = itertools.count(1)


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Answers with a few lines of text."""
    text = (
        f'Hello from Python {platform.python_version()}.\n\n'
        f'Process {os.getpid()}, {threading.current_thread().name}, answer number {next(_answers)} of this process.\n'
        'Reload: the process stays and the number grows. That is what "daemon" means.\n'
    )
    body = text.encode('utf-8')
    start_response('200 OK', [('Content-Type', 'text/plain; charset=utf-8'), ('Content-Length', str(len(body)))])
    return [body]
