"""--reload: what the answer to a failed request says of its traceback."""

from __future__ import annotations

import json
import unittest
from typing import Any

from portico_worker.fastcgi.records import MAX_CONTENT
from portico_worker.slots.revealing import RevealingAnswer

from .client import request
from .hosted import Hosted


def told(message: str) -> str:
    """The traceback as the HTTP process gets it."""

    def application(environ: Any, start_response: Any) -> Any:
        raise ValueError(message)

    with Hosted(application) as hosted:
        hosted.hosting.answer = RevealingAnswer
        head = hosted.client.ask(request()).head
    assert len(head) < MAX_CONTENT, len(head)
    line = next(line for line in head.split(b'\r\n') if line.startswith(b'X-Portico-Failure: application '))
    return str(json.loads(line[31:].decode('ascii')))


class RevealingTest(unittest.TestCase):
    def test_tells_the_traceback(self) -> None:
        self.assertIn('ValueError: wrong\x7f\n\u00e9', told('wrong\x7f\n\u00e9'))

    def test_fits_one_head_whatever_the_message_is(self) -> None:
        for letter in ('x', '\x7f', '\u00e9', '\U0001f600'):
            text = told(letter * 20_000)
            self.assertTrue(text.startswith('...\n'), text[:20])
            self.assertTrue(text.rstrip().endswith(letter * 4000), text[-20:])
