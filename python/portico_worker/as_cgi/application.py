"""`PYTHON portico_worker cgi [--directory DIR] TARGET`: one request of a WSGI application, as a CGI program.

The program of Portico's `mode: cgi` and of any other server (RFC 3875, PEP 3333). Python starts for every request, so
nothing that this imports may import what the request does not need: `typing`, `re`, `threading`, `socket`, `inspect`
and `json` each take a good part of the time in which Python itself starts.

The exit status is 0 for an answer, 1 for an application that cannot be started (the answer is a 500), 2 for wrong
usage. An answer that was cut short ends by a signal, since a status says nothing of the output.
"""

from __future__ import annotations

import _signal  # the module around it makes enumerations of all it has
import atexit
import os
import sys

from ..disconnect import Disconnected
from ..failure import StartFailure
from ..loading.application import load_whole
from ..loading.directory import enter
from ..loading.target import parse_target
from ..wsgi.call import run
from ..wsgi.environ import base_environ, url_scheme
from .answer import CgiAnswer
from .environ import cgi_environ
from .streams import Streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, NoReturn, Optional, Tuple

_USAGE = 'usage: PYTHON portico_worker cgi [--directory DIR] TARGET'


def main() -> NoReturn:
    """Answers the one request."""
    directory, text = _arguments(sys.argv[2:])
    streams = Streams()
    environ = _environ(streams)
    answer = CgiAnswer(streams, environ)
    environ['wsgi.errors'] = answer.errors
    atexit.register(_end, answer)  # the first registered runs last
    try:
        enter(text, directory)
        target = parse_target(text, directory)
        sys.argv = [target.path or text]
        application = load_whole(target, directory)
    except StartFailure as failure:
        answer.log('\n'.join(filter(None, (f'{failure.message}. {failure.hint}', failure.details))))
        answer.refuse()
        sys.exit(1)
    if _signal.getsignal(_signal.SIGTERM) == _signal.SIG_DFL:
        _signal.signal(_signal.SIGTERM, lambda _number, _frame: _give_up(answer))
    run(application, environ, answer)
    sys.exit(0)


def _give_up(answer: CgiAnswer) -> NoReturn:
    """Nobody waits for the answer any more: the application meets that where it is, and close() is called (PEP 3333)."""
    _signal.signal(_signal.SIGTERM, _signal.SIG_DFL)  # whoever says so again means it
    answer.connection.broken = True
    answer.cut_short = True
    raise Disconnected('the server has ended the request')


def _arguments(words: List[str]) -> Tuple[str, str]:
    """The directory and the target. What stands behind these is the client's (RFC 3875, section 4.4)."""
    directory: Optional[str] = None
    while words and words[0].startswith('-'):
        option, equals, value = words.pop(0).partition('=')
        if option != '--directory' or not (equals or words):
            _refuse_usage()
        directory = value if equals else words.pop(0)
    if not words:
        _refuse_usage()
    return os.path.abspath(directory or os.curdir), words[0]


def _refuse_usage() -> NoReturn:
    sys.stderr.write(_USAGE + '\n')
    sys.exit(2)


def _environ(streams: Streams) -> Dict[str, Any]:
    environ: Dict[str, Any] = dict(cgi_environ(os.environb.items()))
    if 'REQUEST_METHOD' in os.environ:
        os.environ.pop('HTTP_PROXY', None)  # nor of the programs that the application starts
    for name, value in base_environ(1, True, 'CGI').items():
        # A variable of the process may have any name, so also that of one of PEP 3333's own.
        if name.startswith('wsgi.') or name not in environ:
            environ[name] = value
    environ['wsgi.run_once'] = True
    environ['wsgi.url_scheme'] = url_scheme(environ)
    environ['wsgi.input'] = streams.input(environ)
    return environ


def _end(answer: CgiAnswer) -> None:
    """After all exit handlers: dies when the answer is not whole, which is the only way to say so (see above)."""
    if not answer.cut_short:
        return
    import signal

    for text in (sys.stdout, sys.stderr):
        try:
            text.flush()
        except (AttributeError, OSError, ValueError):
            pass  # closed, or none
    # It leaves no core file, and nobody takes it for the kernel's lack of memory.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    os.kill(os.getpid(), signal.SIGTERM)
