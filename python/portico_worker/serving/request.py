"""One request of a front server, and the peer of its answer (answer.Peer)."""

from __future__ import annotations

import tempfile
from typing import IO, TYPE_CHECKING, Any, Dict, Optional

from ..disconnect import Disconnected
from ..wsgi.call import run
from ..wsgi.input import Input
from .arriving import Arriving
from .limits import INPUT_MEMORY, INPUT_RESUME, INPUT_STORED, READ_SIZE

if TYPE_CHECKING:
    from ..wsgi.answer import Answer
    from ..wsgi.call import Application
    from .connection import Connection


class Request:
    """`environ` is empty until the variables are whole. `arriving` is None when there is no input to wait for."""

    __slots__ = ('connection', 'active', 'environ', 'name', 'broken', 'aborted', 'input_ended', 'arriving')

    def __init__(self, connection: 'Connection', number: int) -> None:
        self.connection = connection
        self.active = number
        self.environ: Dict[str, Any] = {}
        self.name = ''
        #: The connection is lost, or (`aborted`) the front server does not want the answer.
        self.broken = self.aborted = False
        self.input_ended = False
        self.arriving: Optional[Arriving] = None

    def answer(self) -> 'Answer':
        """An answer of its protocol."""
        raise NotImplementedError

    def overloaded(self) -> None:
        """There is no room for it."""
        raise NotImplementedError

    def farewell(self) -> bytes:
        """What ends it when it was aborted."""
        return b''

    @property
    def given_up(self) -> bool:
        """Nobody wants its answer."""
        return self.broken or self.aborted

    def become_ready(self) -> None:
        """The variables are whole: from now on two threads have to do with it, and this is where they meet."""
        if self.arriving is None and not self.input_ended:
            self.arriving = Arriving()

    def serve(self, application: 'Application') -> None:
        """Runs the application and sends its answer. Raises nothing for what a peer or the application does."""
        environ = self.environ
        answer = self.answer()
        environ['wsgi.errors'] = answer.errors
        body: Optional[Input] = None
        length = environ.get('CONTENT_LENGTH')
        if length is None and self.arriving is not None and environ.get('HTTP_TRANSFER_ENCODING'):
            try:
                stored = self._store_input()
            except Disconnected:
                self.settle(answer)
                return
            except OSError as error:
                answer.log(f'the body of the request could not be stored: {error}')
                answer.refuse()
                self.settle(answer)
                return
            length = environ['CONTENT_LENGTH'] = str(stored.tell())
            stored.seek(0)
            body = environ['wsgi.input'] = Input(lambda: stored.read(READ_SIZE), int(length))
        elif self.arriving is not None or (length is not None and length.strip('0')):
            body = environ['wsgi.input'] = Input(self.receive, None if length is None else int(length))
        run(application, environ, answer)
        if body is not None:
            body.detach()
            if self.arriving is not None:
                self.arriving.lose()  # the rest is nobody's, and takes no room
        self.settle(answer)

    def _store_input(self) -> IO[bytes]:
        """All of a body in chunks. Apache passes a large one on without CONTENT_LENGTH, and to most applications that is none."""
        stored: IO[bytes] = tempfile.SpooledTemporaryFile(INPUT_MEMORY, prefix='portico-')  # type: ignore[assignment]
        while True:
            block = self.receive()
            if not block:
                return stored
            stored.write(block)
            if stored.tell() > INPUT_STORED:
                raise OSError(f'it is larger than {INPUT_STORED} octets')

    def settle(self, answer: 'Answer') -> None:
        """After the answer."""
        self.connection.after(self)

    def attend(self) -> None:
        """Between the blocks of the answer: Disconnected when nobody wants the rest."""
        if self.aborted or self.broken:
            raise Disconnected('the front server gave up the request')

    def receive(self) -> bytes:
        """The next block of input, b'' at its end."""
        arriving = self.arriving
        if arriving is None:
            return b''
        block = arriving.take()
        if self.connection.paused and arriving.held <= INPUT_RESUME:
            self.connection.resume()
        return block

    def lose(self) -> None:
        """The connection is lost."""
        self.broken = True
        if self.arriving is not None:
            self.arriving.lose()

    def lose_in_child(self) -> None:
        """In a forked child: nothing of it is the child's."""
        self.broken = True
        self.arriving = None

    def abort(self) -> None:
        """The front server does not want it any more."""
        self.aborted = True
        if self.arriving is not None:
            self.arriving.lose()
