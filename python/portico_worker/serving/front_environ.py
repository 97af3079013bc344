"""The environ of a request that a foreign front server sent (PEP 3333, "environ Variables")."""

from __future__ import annotations

import os
import sys
from itertools import count
from typing import Any, Dict, Optional

from ..as_cgi.environ import mend, path_of
from ..fastcgi.pairs import decode_into
from ..wsgi.environ import url_scheme


class FrontEnviron:
    """`base` is what every request starts from; `script_name`: where the application is mounted, None when the front says."""

    __slots__ = ('_defaults', '_own', '_script_name', '_splits', '_names', '_prefix')

    def __init__(self, base: Dict[str, Any], script_name: Optional[str]) -> None:
        self._defaults = {name: value for name, value in base.items() if not name.startswith('wsgi.')}
        self._own = {name: value for name, value in base.items() if name.startswith('wsgi.')}
        self._script_name = script_name
        #: Nothing is to be said of how the front server splits the path: it does, or we do, or it has been said.
        self._splits = script_name is not None
        self._names = count(1)
        self._prefix = f'{os.getpid():x}-'

    def of_params(self, content: bytes) -> Optional[Dict[str, Any]]:
        """From the whole content of FCGI_PARAMS; None when it is malformed."""
        environ = self._defaults.copy()
        return self._complete(environ) if decode_into(environ, content) else None

    def of_variables(self, variables: Dict[str, str]) -> Dict[str, Any]:
        """From variables that are decoded already."""
        return self._complete({**self._defaults, **variables})

    def name_of(self, environ: Dict[str, Any]) -> str:
        """The id of the request in the log and for who asked: that of the front server if it gives one."""
        return environ.get('REQUEST_ID') or environ.get('UNIQUE_ID') or self._prefix + str(next(self._names))

    def _complete(self, environ: Dict[str, Any]) -> Dict[str, Any]:
        environ.update(self._own)  # after the variables, which may have any name
        if not self._splits:
            self._look_at_split(environ)
        mend(environ)
        if self._script_name is not None:
            split_path(environ, self._script_name)
        if 'HTTPS' in environ or 'REQUEST_SCHEME' in environ:
            environ['wsgi.url_scheme'] = url_scheme(environ)
        return environ

    def _look_at_split(self, environ: Dict[str, Any]) -> None:
        name = environ.get('SCRIPT_NAME', '')
        if environ.get('PATH_INFO'):
            self._splits = True
        elif name and name == path_of(environ):
            self._splits = True
            _say(_UNSPLIT.format(name=name))


_UNSPLIT = (
    'portico: The web server says "{name}" as SCRIPT_NAME, the whole path, and no PATH_INFO, as mod_proxy_fcgi of Apache and '
    'fastcgi_params of nginx do: every URL shows the same page. Start the application with --script-name / , or with '
    '--script-name /shop when /shop is where it is mounted. (It is right as it is when it is mounted at "{name}".)'
)


def _say(line: str) -> None:
    stream = sys.__stderr__  # as it was at the start, before the application could change it
    if stream is not None:
        stream.write(line + '\n')
        stream.flush()


def mount_point(text: str) -> str:
    """A prefix of paths as a SCRIPT_NAME: '' for the root; ValueError when it can be none."""
    name = os.fsencode(text).decode('latin-1').rstrip('/')
    if name and not name.startswith('/'):
        raise ValueError(f'"{text}" does not begin with "/"')
    return name


def split_path(environ: Dict[str, Any], script_name: str) -> None:
    """Makes SCRIPT_NAME and PATH_INFO anew from the path that both make together (RFC 3875, section 3.2)."""
    path = environ['SCRIPT_NAME'] + environ['PATH_INFO']
    if script_name and path.startswith(script_name) and path[len(script_name) :][:1] in ('', '/'):
        environ['SCRIPT_NAME'], environ['PATH_INFO'] = script_name, path[len(script_name) :]
    else:
        environ['SCRIPT_NAME'], environ['PATH_INFO'] = '', path
