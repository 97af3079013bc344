"""Stream: a generator as the answer. Every line leaves the server when it is yielded."""

from __future__ import annotations

import time
from typing import Iterator

from .page import Environ, StartResponse

STEPS = 20
PAUSE = 0.25
"""Seconds between two lines; the whole answer takes STEPS * PAUSE."""


def application(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
    """Reports the progress of some pretended work, line by line."""
    # Without nosniff a browser holds the first kilobyte back while it guesses the type.
    start_response('200 OK', [
        ('Content-Type', 'text/plain; charset=utf-8'),
        ('X-Content-Type-Options', 'nosniff'),
        ('Cache-Control', 'no-store'),
    ])
    return _progress()


def _progress() -> Iterator[bytes]:
    began = time.monotonic()
    for step in range(1, STEPS + 1):
        bar = '#' * step + '.' * (STEPS - step)
        yield f'[{bar}] step {step:2} of {STEPS}, {time.monotonic() - began:4.2f} s\n'.encode('ascii')
        # If the reader goes away, the server calls close() and the generator ends at its yield.
        if step < STEPS:
            time.sleep(PAUSE)
    yield b'done: no Content-Length was known, and nothing waited for the end\n'
