"""A request of the worker's own before it takes any (`health`): code that cannot answer it does not take over.

Frameworks import much with their first request only, such as the URLs of Django; so it also does that work beforehand.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from ..failure import StartFailure
from ..report import application_traceback

Application = Callable[[Dict[str, Any], Callable[..., Any]], Any]

#: Octets of the answer that are shown when it is none of health.
_SHOWN = 1000


class Health(NamedTuple):
    """What is asked for: a path below the script name, of this host."""

    path: str
    script_name: str
    host: str


def health_of(told: Any) -> Optional[Health]:
    """As the settings tell it."""
    if not isinstance(told, dict):
        return None
    return Health(str(told['path']), str(told['script_name']), str(told['host']))


def check_health(application: Application, base: Dict[str, Any], health: Health) -> None:
    """Asks the application; StartFailure when it raises, or answers with anything but 2xx and 3xx."""
    answer = _Answer()
    try:
        answer.take(application(_environ(base, health), answer.start_response))
    except BaseException as error:  # SystemExit too
        message = f'The application raised {type(error).__name__} when it was asked for {health.path} ("health")'
        raise StartFailure('health', message, _HINT, application_traceback(error)) from None
    if answer.status[:1] in ('2', '3'):
        return
    status = answer.status or 'nothing'
    said = answer.shown.decode('utf-8', 'replace').strip()
    message = f'The application answered "{status}" when it was asked for {health.path} ("health")'
    raise StartFailure('health', message, _HINT, said and f'It said:\n{said}')


_HINT = 'Mend what it says, or let another path be asked with "health"'


def _environ(base: Dict[str, Any], health: Health) -> Dict[str, Any]:
    path, _, query = health.path.partition('?')
    return {
        **base,
        'REQUEST_METHOD': 'GET',
        'SCRIPT_NAME': health.script_name,
        'PATH_INFO': path.encode('utf-8').decode('latin-1'),
        'QUERY_STRING': query,
        'REQUEST_URI': health.script_name + health.path,
        'SERVER_NAME': health.host,
        'SERVER_PORT': '80',
        'SERVER_PROTOCOL': 'HTTP/1.1',
        'REMOTE_ADDR': '127.0.0.1',
        'HTTP_HOST': health.host,
        'HTTP_USER_AGENT': f'{base["SERVER_SOFTWARE"]} (health)',
        'wsgi.errors': sys.stderr,
    }


class _Answer:
    def __init__(self) -> None:
        self.status = ''
        self.shown = b''

    def start_response(
        self, status: str, fields: List[Tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        self.status = status
        return self._write

    def take(self, result: Any) -> None:
        """Reads as much as is shown, which runs what the status may still depend on, and closes it."""
        try:
            for block in result:
                self._write(block)
                if self.status and len(self.shown) >= _SHOWN:
                    break
        finally:
            close = getattr(result, 'close', None)
            if close is not None:
                close()

    def _write(self, block: bytes) -> None:
        self.shown = (self.shown + block)[:_SHOWN]
