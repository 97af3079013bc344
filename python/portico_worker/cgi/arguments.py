"""The arguments of a script (RFC 3875, section 4.4): a query without "=" is a list of search words."""

from __future__ import annotations

from typing import List
from urllib.parse import unquote_to_bytes

_MAX_OCTETS = 8192
_MAX_WORDS = 100


def arguments(method: bytes, query: bytes) -> List[bytes]:
    """The decoded words, or none at all when one of them cannot be passed on.

    A word with a hyphen in front would be an option: with `?-s` php-cgi showed its source (CVE-2012-1823).
    """
    if not query or b'=' in query or method not in (b'GET', b'HEAD') or len(query) > 3 * _MAX_OCTETS:
        return []
    words = [unquote_to_bytes(word) for word in query.split(b'+')]
    if len(words) > _MAX_WORDS or sum(map(len, words)) > _MAX_OCTETS:
        return []
    if any(b'\0' in word or word.startswith(b'-') for word in words):
        return []
    return words
