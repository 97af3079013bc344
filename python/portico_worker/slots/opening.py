"""The start of a request, when one read brought it whole: the hot path of this worker.

The HTTP process writes BEGIN and a first PARAMS record with the variables that are constant for a mount, always
the same bytes. They are remembered as bytes, so that one dictionary lookup checks the request id, the flags,
the framing and decodes the constant variables. Everything unusual returns None and takes the general path.
"""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional, Tuple

from ..fastcgi.pairs import decode_into
from ..fastcgi.records import BEGIN, BEGIN_BODY, HEADER, KEEP_CONNECTION, PARAMS, RESPONDER, STDIN, VERSION, record

#: Octets of BEGIN with its body, and of that plus the header of the first PARAMS record.
_BEGIN_SIZE, _CONTENT_AT = 16, 24
_MAX_REMEMBERED, _MAX_SIZE = 128, 8192


class Opening(NamedTuple):
    """What a known start means: the environ it gives, and the octets that must come after it."""

    variables: Dict[str, Any]
    request_id: int
    keep: bool
    params: bytes
    no_input: bytes
    end_of_params: bytes


#: environ, request id, keep the connection after it, and the octets after the end of PARAMS (None: there is no input).
Request = Tuple[Dict[str, Any], int, bool, Optional[bytes]]


class Openings:
    """Bounded memory of the starts seen so far; shared by all threads of the worker (every step is one dict call)."""

    __slots__ = ('base', '_known')

    def __init__(self, base: Dict[str, Any]) -> None:
        self.base = base
        self._known: Dict[bytes, Opening] = {}

    def read(self, data: bytes) -> Optional[Request]:
        """The request, or None when its variables are not whole or not as expected."""
        try:
            start = _CONTENT_AT + (data[20] << 8 | data[21])
            opening = self._known.get(data[:start])
            if opening is None:
                opening = self._learn(data, start)
                if opening is None:
                    return None
            base, request_id, keep, params, no_input, end_of_params = opening
            end = start + 8 + (data[start + 4] << 8 | data[start + 5])
            if data[start : start + 4] != params or data[start + 6]:
                return None
        except IndexError:
            return None
        rest: Optional[bytes] = data[end:]
        if rest == no_input:
            rest = None
        elif rest.startswith(end_of_params):  # type: ignore[union-attr]
            rest = rest[8:]  # type: ignore[index]
        else:
            return None
        environ = base.copy()
        if decode_into(environ, data[start + 8 : end]):
            return environ, request_id, keep, rest
        return None

    def _learn(self, data: bytes, start: int) -> Optional[Opening]:
        """Checks a start octet by octet (section 5.1) and remembers it; None when it is not one we can remember."""
        version, kind, request_id, length, padding = HEADER.unpack_from(data, 0)
        role, flags = BEGIN_BODY.unpack_from(data, 8)
        if (version, kind, length, padding, role) != (VERSION, BEGIN, 8, 0, RESPONDER) or request_id == 0:
            return None
        params = data[_BEGIN_SIZE : _BEGIN_SIZE + 4]
        if params != record(PARAMS, request_id)[:4] or data[22] or start == _CONTENT_AT or start > _MAX_SIZE:
            return None
        # Only when a second, non-empty PARAMS record follows: a lone first record is different every time.
        if data[start : start + 4] != params or data[start + 4 : start + 6] == b'\0\0':
            return None
        variables = self.base.copy()
        if not decode_into(variables, data[_CONTENT_AT:start]):
            return None
        end_of_params = record(PARAMS, request_id)
        no_input = end_of_params + record(STDIN, request_id)
        keep = bool(flags & KEEP_CONNECTION)
        opening = Opening(variables, request_id, keep, params, no_input, end_of_params)
        if len(self._known) >= _MAX_REMEMBERED:
            self._known.clear()
        self._known[data[:start]] = opening
        return opening
