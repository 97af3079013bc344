"""What a fork-server imports because its scripts do.

Every imported module makes each fork dearer, for the pages of it that are there: all that CGI scripts commonly import costs
0.4 ms a request, a fifth of a small script, and `import cgi` in a script that has to do it itself 7 ms. So a child leaves
a mark for each of these modules that it has imported itself, and those are there for the next.
"""

from __future__ import annotations

import mmap
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Set

#: Beside these a module is imported by each script itself, unless "preload" names it: few use it, or it is large (ssl,
#: urllib.request, email.mime, sqlite3, cgitb with pydoc).
COMMON = (
    'cgi', 'json', 're', 'html', 'html.parser', 'urllib.parse', 'datetime', 'time', 'calendar', 'http.cookies',
    'hashlib', 'hmac', 'base64', 'random', 'secrets', 'string', 'traceback', 'locale', 'copy', 'csv', 'tempfile',
    'shutil', 'subprocess', 'threading', 'logging', 'collections', 'functools', 'itertools', 'pathlib', 'argparse',
    'textwrap', 'decimal', 'math', 'platform', 'socket', 'configparser', 'email.message', 'xml.etree.ElementTree',
)
_LIBRARY = os.path.dirname(os.__file__) + os.sep


class Learned:
    """Marks that children leave, in memory that they share with us."""

    def __init__(self, names: List[str]) -> None:
        self._names = names
        self._at = {name: at for at, name in enumerate(names)}
        self._taken: Set[str] = set()
        self._marks = mmap.mmap(-1, max(1, len(names)))

    def mark(self, name: str) -> None:
        """In a child: it has imported this; one of its own that is called so does not count."""
        at = self._at.get(name)
        if at is not None and _is_of_library(sys.modules.get(name)):
            self._marks[at] = 1

    def take(self) -> List[str]:
        """Those that were marked and were not taken before."""
        if self._marks.find(b'\1') < 0:
            return []
        marked = [name for at, name in enumerate(self._names) if self._marks[at] == 1]
        # Children that were forked before mark them again, now and later.
        fresh = [name for name in marked if name not in self._taken]
        self._taken.update(fresh)
        for name in marked:
            self._marks[self._at[name]] = 0
        return fresh


def _is_of_library(module: Any) -> bool:
    origin = getattr(getattr(module, '__spec__', None), 'origin', None)
    return origin in ('built-in', 'frozen') or (isinstance(origin, str) and origin.startswith(_LIBRARY))
