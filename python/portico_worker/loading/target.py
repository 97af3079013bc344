"""A target in words: `module:callable`, `module:attr.sub`, `module:factory()`, `module`, a file path."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional


class Target:
    """`text` is the target as written; `path` is set for a file, `attribute` is '' when none was named."""

    __slots__ = ('text', 'module', 'path', 'attribute', 'called')

    def __init__(self, text: str, module: str, path: Optional[str], attribute: str, called: bool) -> None:
        self.text = text
        self.module = module
        self.path = path
        self.attribute = attribute
        self.called = called


def parse_target(text: str, directory: str) -> Target:
    """Splits a target; a file is known by a slash, by `.py`, or by being there under that very name."""
    where, colon, attribute = text.strip().rpartition(':')
    if not colon:
        where, attribute = attribute, ''
    called = attribute.endswith('()')
    attribute = attribute[:-2] if called else attribute
    full = os.path.join(directory, where)
    if '/' in where or where.endswith('.py') or os.path.isfile(full):
        return Target(text, module_name(full), os.path.normpath(full), attribute, called)
    return Target(text, where, None, attribute, called)


def module_name(path: str) -> str:
    """What a file is called as a module."""
    stem = os.path.basename(path).split('.')[0]
    return ''.join(letter if letter.isalnum() else '_' for letter in stem) or 'portico_target'
