"""Error: raises on purpose, to show what the visitor sees and what the error log holds.

/error raises before the head: the visitor gets Portico's error page with a request id.
/error/late raises in the middle of the output: the answer is cut short, and visibly so.
"""

from __future__ import annotations

import time
from typing import Iterable, Iterator

from .page import Environ, StartResponse


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Writes one line to the error log, then raises."""
    environ['wsgi.errors'].write('the tour is about to raise an exception on purpose\n')
    if environ.get('PATH_INFO') == '/late':
        start_response('200 OK', [('Content-Type', 'text/plain; charset=utf-8')])
        return _half_an_answer()
    raise RuntimeError('raised on purpose: the visitor sees a request id, the error log has this traceback')


def _half_an_answer() -> Iterator[bytes]:
    yield b'This is the first half of an answer.\n'
    # Long enough for the first half to be on its way; had nothing gone out yet, the visitor would get an error page.
    time.sleep(0.2)
    raise RuntimeError('raised on purpose, after the head was sent')
