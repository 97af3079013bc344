"""The head of an answer: checked when start_response is called (PEP 3333), written as a CGI head (RFC 3875 6.3).

Checked lines are remembered, since an application repeats the same few; both memories are bounded.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Tuple

    Lines = Dict[Any, bytes]
else:
    Lines = dict

#: Octets of a head with its empty line: it has to fit into one FastCGI record (records.MAX_CONTENT).
MAX_HEAD = 65528
_MAX_REMEMBERED = 1024
_MAX_LINE = 512

# No regular expressions: importing `re` takes a third of the time in which Python starts, and each CGI request pays it.
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_CONTROLS = frozenset(map(chr, [*range(9), *range(10, 32), 127]))

#: RFC 2616 section 13.5.1, as PEP 3333 refers to it (wsgiref.util.is_hop_by_hop).
HOP_BY_HOP = frozenset(
    ('connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization')
    + ('te', 'trailer', 'trailers', 'transfer-encoding', 'upgrade')
)
#: The worker alone says that an application failed; the HTTP process puts its own page in place of such an answer.
FAILURE_FIELD = 'X-Portico-Failure'
#: Fields that would be read as something else in a CGI head.
_RESERVED = frozenset(('status', FAILURE_FIELD.lower()))


def _text(value: Any, what: str) -> str:
    """`value` if it is text that a head can carry."""
    if not isinstance(value, str):
        raise TypeError(f'{what} must be str, not {type(value).__name__}: {value!r}')
    if value.isprintable() and value.isascii():
        return value  # nearly always
    found = next(filter(_CONTROLS.__contains__, value), None)
    if found is not None:
        raise ValueError(f'{what} holds the control character {found!r}: {value!r}')
    try:
        value.encode('latin-1')
    except UnicodeEncodeError as error:
        raise ValueError(
            f'{what} holds {value[error.start]!r}, which is not in ISO-8859-1: {value!r}; '
            'encode it first (RFC 8187 for parameters, percent-encoding for URLs)'
        ) from None
    return value


class _StatusLines(Lines):
    """Status -> the first line of the head."""

    def __missing__(self, status: Any) -> bytes:
        text = _text(status, 'the status')
        code = text[:3]
        if not (text[3:4] == ' ' and code.isascii() and code.isdigit() and code >= '200'):
            raise ValueError(f'the status must look like "200 OK" and be final (200 to 999), not {text!r}')
        line = b'Status: ' + text.rstrip(' \t').encode('latin-1') + b'\r\n'
        if len(self) >= _MAX_REMEMBERED:
            self.clear()
        self[status] = line
        return line


class _FieldLines(Lines):
    """(name, value) -> field line. `Content-Length` is always written like this, so that it is found in a head."""

    def __missing__(self, field: Any) -> bytes:
        if not isinstance(field, tuple) or len(field) != 2:
            raise TypeError(f'each response field must be a tuple (name, value), not {field!r}')
        name = _text(field[0], 'a response field name')
        value = _text(field[1], f'the value of response field {field[0]!r}').strip(' \t')
        if not name or not _TOKEN.issuperset(name):
            raise ValueError(f'{name!r} is not a field name (RFC 9110 section 5.1)')
        folded = name.lower()
        if folded in HOP_BY_HOP:
            raise ValueError(f'the hop-by-hop field {name!r} belongs to the server (PEP 3333)')
        if folded in _RESERVED:
            raise ValueError(f'the field {name!r} is reserved in a CGI head')
        if folded == 'content-length':
            name = 'Content-Length'
            if not (value.isascii() and value.isdigit() and len(value) < 19):
                raise ValueError(f'Content-Length must be a number, not {value!r}')
        line = f'{name}: {value}\r\n'.encode('latin-1')
        # Set-Cookie is different for everyone and is nothing to keep.
        if len(line) <= _MAX_LINE and folded != 'set-cookie':
            if len(self) >= _MAX_REMEMBERED:
                self.clear()
            self[field] = line
        return line


_status_line = _StatusLines().__getitem__
_field_line = _FieldLines().__getitem__
_LENGTH = b'\nContent-Length: '
_FILE_NAMES = (b'\nx-sendfile:', b'\nx-accel-redirect:')


def head_bytes(status: str, fields: List[Tuple[str, str]]) -> Tuple[bytes, int]:
    """The head without its empty line, and its Content-Length (-1: none).

    TypeError or ValueError says what the application did wrong.
    """
    if not isinstance(fields, list):
        raise TypeError(f'the response fields must be a list, not {type(fields).__name__}')
    try:
        head = _status_line(status) + b''.join(map(_field_line, fields))
    except TypeError as error:
        raise _explained(error, status, fields) from None
    at = head.find(_LENGTH)
    if at < 0:
        return head, -1
    end = head.index(b'\r', at + 17)
    if head.find(_LENGTH, end) >= 0:
        raise ValueError('Content-Length is given more than once')
    return head, int(head[at + 17 : end])


def names_file(head: bytes) -> bool:
    """A server is asked to send a file; Content-Length is that of the file, then, and no output follows."""
    folded = head.lower()
    return any(name in folded for name in _FILE_NAMES)


def _explained(error: TypeError, status: Any, fields: List[Any]) -> Exception:
    """The real complaint when what was looked up could not even be hashed."""
    if not str(error).startswith('unhashable'):
        return error
    try:
        _StatusLines().__missing__(status)
        for field in fields:
            _FieldLines().__missing__(field)
    except (TypeError, ValueError) as real:
        return real
    return error


def forbids_body(head: bytes) -> bool:
    """True for 204 and 304 (RFC 9110 section 6.4.1)."""
    return head.startswith((b'Status: 204', b'Status: 304'))
