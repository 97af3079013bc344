"""The directories that scripts must really lie in."""

from __future__ import annotations

import os
from typing import List, Tuple


class Roots:
    """`written` may be, or lie behind, symbolic links."""

    def __init__(self, written: List[bytes]) -> None:
        self._written = written
        self._real = self._resolve()

    def hold(self, real: bytes) -> bool:
        """Whether a file with this path, which has no symbolic links, lies in one of them."""
        if real.startswith(self._real):
            return True
        # A deployment turns the link to the release of the day to another directory; nothing is started anew for that.
        self._real = self._resolve()
        return real.startswith(self._real)

    def _resolve(self) -> Tuple[bytes, ...]:
        return tuple(os.path.realpath(root).rstrip(b'/') + b'/' for root in self._written)
