"""The environ of PEP 3333 ("environ Variables"): what every request of this worker starts from.

Variables arrive as FastCGI PARAMS and are laid over a copy of these defaults; os.environ is never mixed in.
"""

from __future__ import annotations

from .file_wrapper import FileWrapper
from .input import NO_INPUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict


def base_environ(threads: int, multiprocess: bool, server_software: str) -> Dict[str, Any]:
    """The part that is the same for all requests; a request may override any of it except by a wsgi.* name."""
    return {
        'SCRIPT_NAME': '',
        'PATH_INFO': '',
        'QUERY_STRING': '',
        'SERVER_SOFTWARE': server_software,
        'wsgi.version': (1, 0),
        'wsgi.url_scheme': 'http',
        'wsgi.input': NO_INPUT,
        'wsgi.input_terminated': True,
        'wsgi.file_wrapper': FileWrapper,
        'wsgi.multithread': threads > 1,
        'wsgi.multiprocess': multiprocess,
        'wsgi.run_once': False,
    }


def url_scheme(environ: Dict[str, Any]) -> str:
    """'https' when the front end says so: HTTPS=on (Apache, nginx) or REQUEST_SCHEME."""
    if environ.get('HTTPS', '').lower() in ('on', '1', 'https'):
        return 'https'
    return environ.get('REQUEST_SCHEME') or 'http'
