"""One call of the application and the way of its result to the answer (PEP 3333, "Buffering and Streaming")."""

from __future__ import annotations

from ..disconnect import Disconnected
from ..report import application_traceback
from .answer import Answer
from .file_answer import send_file
from .file_wrapper import FileWrapper
from .head import MAX_HEAD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Union

    Application = Callable[[Dict[str, Any], Callable[..., Any]], Any]

#: A list or tuple of blocks up to this size leaves as one block; nothing waits, all of it is here.
_JOIN_LIMIT = MAX_HEAD - 8192


def run(application: Application, environ: Dict[str, Any], answer: Answer) -> None:
    """Calls the application and sends its answer to the end. Raises only when the connection is lost."""
    result: Any = None
    try:
        result = application(environ, answer.start_response)
        kind = type(result)
        if (kind is list or kind is tuple) and not answer.begun:
            if len(result) == 1 and type(result[0]) is bytes:
                answer.whole(result[0])
                return
            joined = _joined(result, answer)
            if joined is not None:
                answer.whole(joined)
                return
        _deliver(result, answer)
    except BaseException as error:  # SystemExit too: one request never ends the worker
        _explain(error, answer, environ)
        answer.failed = True
        if answer.ended:
            answer.connection.broken = True  # it broke while the end was sent
    _close(result, answer)
    if not answer.ended:
        _finish(answer, environ)


def _joined(result: Any, answer: Answer) -> Union[bytes, None]:
    """A short body of several blocks as one; None when it is long or holds anything but bytes."""
    size = 0
    for block in result:
        if not isinstance(block, bytes):
            return None
        size += len(block)
    if size <= _JOIN_LIMIT:
        return b''.join(result)
    answer.announce(size)
    return None


def _deliver(result: Any, answer: Answer) -> None:
    kind = type(result)
    if isinstance(result, (bytes, str)):
        raise TypeError(f'the application returned {kind.__name__}; return a list of one bytes object instead')
    if not (hasattr(kind, '__iter__') or hasattr(kind, '__getitem__')):
        raise TypeError(f'the application returned {kind.__name__}, which is not iterable')
    if kind is FileWrapper and answer.head is not None:
        send_file(result, answer)
        return
    if answer.left == 0 and not answer.begun:
        answer.send(b'')  # the one head that need not wait for an octet: it says that there will be none
    single = hasattr(kind, '__len__') and len(result) == 1
    for block in result:
        if not isinstance(block, bytes):
            raise TypeError(f'the application yielded {type(block).__name__}; blocks must be bytes')
        if answer.bodiless and answer.head is not None:
            return
        if block:
            if single and not answer.begun:
                answer.announce(len(block))
            if not answer.send(block):
                return
            answer.connection.attend()


def _close(result: Any, answer: Answer) -> None:
    """close() of the result, exactly once, whatever happened before; its own failure changes nothing."""
    try:
        close = getattr(result, 'close', None)
        if close is not None:
            close()
    except BaseException as error:
        answer.log('close() of the result raised\n' + application_traceback(error))


def _explain(error: BaseException, answer: Answer, environ: Dict[str, Any]) -> None:
    if isinstance(error, Disconnected) and (answer.connection.broken or answer.connection.aborted):
        return  # nobody waits for the answer, and the HTTP process knows why
    where = f'{environ.get("REQUEST_METHOD")} {environ.get("SCRIPT_NAME")}{environ.get("PATH_INFO")}'
    what = f'the application raised {type(error).__name__} in request {answer.name}: {where!r}'
    answer.explain(what, application_traceback(error))


def _finish(answer: Answer, environ: Dict[str, Any]) -> None:
    if answer.connection.broken:
        answer.ended = True
        return
    try:
        if answer.failed:
            answer.refuse()
        elif answer.begun:
            answer.end()
        else:
            answer.whole(b'')
    except Disconnected:
        pass
    except Exception as error:  # no head at all, or one that is too large
        _explain(error, answer, environ)
        _refuse(answer)


def _refuse(answer: Answer) -> None:
    try:
        answer.refuse()
    except Disconnected:
        pass
