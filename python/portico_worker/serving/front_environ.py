"""The environ of a request that a foreign front server sent (PEP 3333, "environ Variables")."""

from __future__ import annotations

import os
from itertools import count
from typing import Any, Dict, Optional

from ..cgi_environ import mend
from ..environ import url_scheme
from ..pairs import decode_into


class FrontEnviron:
    """`base` is what every request starts from; `script_name`: where the application is mounted, None when the front says."""

    __slots__ = ('_defaults', '_own', '_script_name', '_names', '_prefix')

    def __init__(self, base: Dict[str, Any], script_name: Optional[str]) -> None:
        self._defaults = {name: value for name, value in base.items() if not name.startswith('wsgi.')}
        self._own = {name: value for name, value in base.items() if name.startswith('wsgi.')}
        self._script_name = script_name
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
        mend(environ)
        if self._script_name is not None:
            split_path(environ, self._script_name)
        if 'HTTPS' in environ or 'REQUEST_SCHEME' in environ:
            environ['wsgi.url_scheme'] = url_scheme(environ)
        return environ


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
