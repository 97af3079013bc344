"""Name-value pairs (FastCGI 1.0, section 3.4): pure; text is latin-1, as PEP 3333 wants its variables."""

from __future__ import annotations

from struct import Struct, error as StructError
from typing import Any, Dict, Iterable, Tuple

#: All variables of one request together, octets: what servers of ours take.
MAX_PARAMS = 1 << 20

_LONG = Struct('!I')


def _length(size: int) -> bytes:
    return bytes((size,)) if size < 128 else _LONG.pack(size | 0x80000000)


def encode(pairs: Iterable[Tuple[str, str]]) -> bytes:
    """The pairs in their order."""
    out = bytearray()
    for name, value in pairs:
        name_bytes, value_bytes = name.encode('latin-1'), value.encode('latin-1')
        out += _length(len(name_bytes)) + _length(len(value_bytes)) + name_bytes + value_bytes
    return bytes(out)


def decode_into(variables: Dict[str, object], content: bytes) -> bool:
    """Adds the pairs of `content` to `variables`; False when the lengths do not add up to the content.

    One decoding of the whole and slices of text cost half of decoding each name and value by itself.
    """
    return _slices_into(variables, content, content.decode('latin-1'))


def decode_octets_into(variables: Dict[bytes, bytes], content: bytes) -> bool:
    """The same with names and values as they are on the wire."""
    return _slices_into(variables, content, content)


def _slices_into(variables: Dict[Any, Any], content: bytes, text: Any) -> bool:
    size = len(content)
    at = 0
    try:
        while at < size:
            name_length = content[at]
            value_length = content[at + 1]
            if name_length | value_length < 128:
                at += 2
            else:
                at += 1
                if name_length > 127:
                    name_length = _LONG.unpack_from(content, at - 1)[0] & 0x7FFFFFFF
                    at += 3
                value_length = content[at]
                at += 1
                if value_length > 127:
                    value_length = _LONG.unpack_from(content, at - 1)[0] & 0x7FFFFFFF
                    at += 3
            middle = at + name_length
            end = middle + value_length
            variables[text[at:middle]] = text[middle:end]
            at = end
    except (IndexError, StructError):
        return False
    return at == size


def decode(content: bytes) -> Dict[str, str]:
    """The pairs as a dictionary; ValueError when the content is malformed."""
    variables: Dict[str, str] = {}
    if not decode_into(variables, content):  # type: ignore[arg-type]
        raise ValueError('malformed name-value pairs')
    return variables
