"""Tells a CGI script, which prints its answer itself, from a WSGI application that cannot be loaded."""

from __future__ import annotations

import os
import re
from typing import Optional

from ..failure import StartFailure
from ..report import application_traceback
from .advice import failure

#: A field of a CGI head in quotes, as it is printed.
_PRINTS_A_HEAD = re.compile(br'''["'](?:content-type|status|location)[ \t]*:''', re.IGNORECASE)
#: The modules of the standard library that CGI scripts use (until Python 3.12).
_USES_CGI = re.compile(br'^[ \t]*(?:import|from)[ \t]+cgi(?:tb)?\b', re.MULTILINE)
#: A word of WSGI: then a failure has another reason.
_NAMES_WSGI = re.compile(br'start_response|wsgi|^app(?:lication)?[ \t]*=', re.IGNORECASE | re.MULTILINE)


def cgi_script(target: str, path: str, error: Optional[BaseException]) -> Optional[StartFailure]:
    """Says so, when the file is a script for CGI or for another interpreter; else None."""
    try:
        with open(path, 'rb') as file:
            source = file.read()
    except OSError:
        return None
    details = application_traceback(error) if error is not None else ''
    interpreter = source.split(b'\n', 1)[0].decode('utf-8', 'replace').strip()
    if interpreter.startswith('#!') and 'python' not in interpreter and 'pypy' not in interpreter:
        what = f'"{path}" is no Python but begins with "{interpreter}"'
    elif (_PRINTS_A_HEAD.search(source) or _USES_CGI.search(source)) and not _NAMES_WSGI.search(source):
        what = f'"{path}" is a CGI script, not a WSGI application: it prints its answer itself'
    else:
        return None
    hint = f'Mount it as a CGI script, for example mounts: {{ /{os.path.basename(path)}: {{ cgi: {path} }} }}'
    return failure('attribute-missing', target, what, hint, details)
