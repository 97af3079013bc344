"""The failure an application meets when its request is given up from the other side."""

from __future__ import annotations


class Disconnected(ConnectionError):
    """The HTTP process closed the connection or aborted the request; an OSError, as applications expect."""


class InputCutShort(OSError):
    """The input ended before CONTENT_LENGTH octets had come (RFC 3875 section 4.2)."""
