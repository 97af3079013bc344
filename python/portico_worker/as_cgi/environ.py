"""The environ of a WSGI application that is a CGI program: RFC 3875 section 4.1 as the servers in use pass it on.

Pure. What each server does otherwise is named at the place that mends it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Tuple

#: What PEP 3333 wants to be there. No server leaves them out; a shell does, and then this is a request for "/".
_REQUIRED = {
    'REQUEST_METHOD': 'GET', 'QUERY_STRING': '', 'SERVER_NAME': 'localhost', 'SERVER_PORT': '80',
    'SERVER_PROTOCOL': 'HTTP/1.0',
}
_AUTHORIZATION = 'HTTP_AUTHORIZATION'


def cgi_environ(environment: Iterable[Tuple[bytes, bytes]]) -> Dict[str, str]:
    """The variables of the process as native strings (PEP 3333, "Unicode Issues"), mended."""
    environ = {name.decode('latin-1'): value.decode('latin-1') for name, value in environment}
    mend(environ)
    return environ


def mend(environ: Dict[str, Any]) -> None:
    """Makes of the variables of any server what PEP 3333 and RFC 3875 want."""
    # The field `Proxy` must not become a proxy that the application takes for its own (CVE-2016-1000110).
    environ.pop('HTTP_PROXY', None)
    for name, value in _REQUIRED.items():
        environ.setdefault(name, value)
    _set_authorization(environ)
    _set_content(environ, 'CONTENT_TYPE')
    _set_content(environ, 'CONTENT_LENGTH')
    length = environ.get('CONTENT_LENGTH', '0')
    if not (length.isascii() and length.isdigit() and len(length) < 19):
        del environ['CONTENT_LENGTH']
    _set_path(environ)


def _set_authorization(environ: Dict[str, Any]) -> None:
    # Apache: SetEnvIf and RewriteRule set HTTP_AUTHORIZATION, and each internal redirect puts REDIRECT_ before it.
    for prefix in ('REDIRECT_', 'REDIRECT_REDIRECT_'):
        given = environ.get(prefix + _AUTHORIZATION)
        if given and not environ.get(_AUTHORIZATION):
            environ[_AUTHORIZATION] = given


def _set_content(environ: Dict[str, Any], name: str) -> None:
    # nginx before fcgiwrap: every field also comes as HTTP_*; one that came twice could contradict itself. And "" is
    # for "none" there, which applications take for a number.
    field = environ.pop('HTTP_' + name, '')
    if not environ.get(name):
        environ.pop(name, None)
        if field:
            environ[name] = field


def _set_path(environ: Dict[str, Any]) -> None:
    script_name, path_info = environ.get('SCRIPT_NAME', ''), environ.get('PATH_INFO', '')
    if not script_name and not path_info:
        path_info = path_of(environ) or '/'
    elif script_name and path_info.startswith(script_name) and path_info == path_of(environ):
        # IIS without allowPathInfo, nginx without fastcgi_split_path_info: PATH_INFO is the whole path. Only when the
        # URI says so: below /a there may well be another /a.
        if path_info[len(script_name) :][:1] in ('', '/'):
            path_info = path_info[len(script_name) :]
    if script_name.endswith('/'):
        # lighttpd with a script for "/": the slash belongs to PATH_INFO.
        script_name = script_name.rstrip('/')
        path_info = path_info or '/'
    if path_info and not path_info.startswith('/'):
        path_info = '/' + path_info
    environ['SCRIPT_NAME'], environ['PATH_INFO'] = script_name, path_info


def path_of(environ: Dict[str, Any]) -> str:
    """The path of REQUEST_URI, decoded; '' when there is none."""
    raw = environ.get('REQUEST_URI', '').partition('?')[0]
    if not raw.startswith('/'):
        return ''
    if '%' not in raw:
        return raw
    from urllib.parse import unquote_to_bytes  # seldom, and not light

    return unquote_to_bytes(raw.encode('latin-1')).decode('latin-1')
