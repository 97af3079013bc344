"""Environ: shows the environ this request came with, grouped, with a word about each variable."""

from __future__ import annotations

from html import escape
from typing import Any, Dict, Iterable, List, Tuple

from .glossary import GROUPS, group_of, meaning
from .page import Environ, StartResponse, answer, page

_INTRODUCTION = """
<p>This is the <strong>environ</strong>: the dictionary that describes the request. It is the first argument of
every WSGI application, and the same variables are the environment of a CGI script and the parameters of a
FastCGI request. Change the address, for example to
<a href="{mount}/some/path?colour=green">{mount}/some/path?colour=green</a>, and look again.</p>
"""

_PRIVATE = frozenset(['HTTP_AUTHORIZATION', 'HTTP_PROXY_AUTHORIZATION', 'HTTP_COOKIE'])
"""Variables whose presence is worth showing, but not their value."""


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Answers with one table for each group of variables."""
    tables = [_table(title, remark, rows) for title, remark, rows in _grouped(environ)]
    introduction = _INTRODUCTION.format(mount=escape(environ.get('SCRIPT_NAME', '')))
    return answer(start_response, '200 OK', page('The environ of this request', introduction + ''.join(tables),
                                                 'environ.py'))


def readable(name: str, value: Any) -> str:
    """Returns a value as text: private ones hidden, bytes read as UTF-8, control characters escaped."""
    if not isinstance(value, str):
        return repr(value)
    if name in _PRIVATE:
        return f'({len(value)} characters, hidden by this page)'
    try:
        # WSGI hands octets over as latin-1 text (PEP 3333); most of them are UTF-8.
        value = value.encode('latin-1').decode('utf-8')
    except UnicodeError:
        pass
    return ''.join(char if char.isprintable() else ascii(char)[1:-1] for char in value)


def _grouped(environ: Environ) -> List[Tuple[str, str, List[Tuple[str, Any]]]]:
    found: Dict[str, List[Tuple[str, Any]]] = {}
    for name in sorted(environ):
        found.setdefault(group_of(name), []).append((name, environ[name]))
    return [(title, remark, found[key]) for key, (title, remark) in GROUPS.items() if key in found]


def _table(title: str, remark: str, rows: List[Tuple[str, Any]]) -> str:
    lines = [_row(name, value) for name, value in rows]
    return (
        f'<h2>{escape(title)}</h2>\n<p>{escape(remark)}</p>\n'
        '<div class="wide" tabindex="0" role="region" aria-label="' + escape(title) + '">\n'
        '<table class="environ">\n'
        '<thead><tr><th scope="col">Variable</th><th scope="col">Value</th><th scope="col">Meaning</th></tr></thead>\n'
        '<tbody>\n' + ''.join(lines) + '</tbody>\n</table>\n</div>\n'
    )


def _row(name: str, value: Any) -> str:
    text = readable(name, value)
    shown = f'<code>{escape(text)}</code>' if text else '<em>empty</em>'
    label = escape(readable('', name))
    return f'<tr><th scope="row"><code>{label}</code></th><td>{shown}</td><td>{escape(meaning(name))}</td></tr>\n'
