"""The head of an SCGI request: a netstring of NUL-terminated names and values. Pure, any chunking, strict."""

from __future__ import annotations

from typing import Dict, Optional

from .limits import MAX_HEAD

#: Digits of the largest length, and the colon.
_MAX_PREFIX = len(str(MAX_HEAD)) + 1


class Malformed(ValueError):
    """Octets that no SCGI client may send."""


class HeadDecoder:
    """Collects the head; what follows it in the same octets is `rest`."""

    __slots__ = ('_buffer', '_end', 'rest')

    def __init__(self) -> None:
        self._buffer = bytearray()
        #: Where the comma must be; 0 as long as the length is not known.
        self._end = 0
        self.rest = b''

    @property
    def empty(self) -> bool:
        """True when nothing has come yet."""
        return not self._buffer

    def feed(self, data: bytes) -> Optional[Dict[str, str]]:
        """The variables as soon as they are whole; Malformed when they never will be."""
        self._buffer += data
        if not self._end:
            colon = self._buffer.find(b':', 0, _MAX_PREFIX)
            prefix = bytes(self._buffer[: _MAX_PREFIX if colon < 0 else colon])
            if (prefix or colon >= 0) and (not prefix.isdigit() or prefix.startswith(b'0')):
                raise Malformed('a request begins with the length of its head')
            if colon < 0:
                if len(prefix) == _MAX_PREFIX:
                    raise Malformed('the length of the head is too long')
                return None
            if int(prefix) > MAX_HEAD:
                raise Malformed(f'the head is larger than {MAX_HEAD} octets')
            self._end = colon + 1 + int(prefix)
            self._buffer[: colon + 1] = b''
            self._end -= colon + 1
        if len(self._buffer) <= self._end:
            return None
        if self._buffer[self._end] != ord(','):
            raise Malformed('no comma follows the head')
        self.rest = bytes(self._buffer[self._end + 1 :])
        return variables_of(bytes(self._buffer[: self._end]))


def variables_of(head: bytes) -> Dict[str, str]:
    """The pairs: CONTENT_LENGTH first and a number, SCGI=1, no name twice; Malformed otherwise."""
    parts = head.decode('latin-1').split('\0')
    if parts.pop() or len(parts) % 2 or parts[:1] != ['CONTENT_LENGTH']:
        raise Malformed('the head is not made of pairs that begin with CONTENT_LENGTH')
    variables = dict(zip(parts[::2], parts[1::2]))
    length = variables['CONTENT_LENGTH']
    if not (length.isascii() and length.isdigit() and len(length) < 19):
        raise Malformed('CONTENT_LENGTH is not a number')
    if variables.get('SCGI') != '1' or '' in variables or 2 * len(variables) != len(parts):
        raise Malformed('SCGI is not 1, or a name is empty or comes twice')
    return variables
