"""Test cases that are run twice: with scripts executed, and with scripts forked from a warm interpreter."""

from __future__ import annotations

import unittest
from typing import Any, Optional

from ..client import Reply
from .launched import Launched


class Ways(unittest.TestCase):
    """One launcher for all tests of a class; `warm` is its setting. Without tests of its own."""

    warm: Any = False
    told: 'dict[str, Any]' = {}
    #: What lines of its own log may be about.
    says: 'tuple[bytes, ...]' = ()
    launched: Launched

    @classmethod
    def setUpClass(cls) -> None:
        cls.launched = Launched(warm=cls.warm, **cls.told)

    @classmethod
    def tearDownClass(cls) -> None:
        launched = cls.launched
        try:
            code = launched.stop()
            said = launched.output('stderr')
        finally:
            launched.__exit__(None, None, None)
        assert code == 0, f'the launcher ended with {code}'
        unexpected = [line for line in said.splitlines() if not any(words in line for words in cls.says)]
        assert not unexpected, f'the launcher said {unexpected!r}'

    def python(self, text: str, body: Optional[bytes] = None, **variables: str) -> Reply:
        """Runs a Python script and returns its answer."""
        return self.launched.run('#!python\n' + text, body, **variables)
