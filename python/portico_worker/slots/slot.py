"""A slot: one thread that accepts a connection, serves its requests until it closes, and accepts again."""

from __future__ import annotations

import os
import socket
import time
from threading import Thread
from typing import TYPE_CHECKING, Any, Dict, Optional, Protocol, Tuple

from ..process import console
from ..process.scheduling import yield_to_the_waker
from ..wsgi.call import run
from ..wsgi.environ import url_scheme
from ..wsgi.input import Input
from .connection import Connection
from .interrupt import RequestTimeout
from .leftover import settle
from .opening import Openings
from .record_answer import RecordAnswer
from .revealing import RevealingAnswer

if TYPE_CHECKING:
    from ..wsgi.call import Application


class Listener(Protocol):
    """Where the slots get their connections from: a listening socket, or what the server hands in."""

    def accept(self) -> Tuple[socket.socket, Any]:
        """Waits for the next connection and where it comes from; OSError when there will be none."""

    def fileno(self) -> int:
        """Negative once it is closed."""

    def stop(self) -> None:
        """Takes no more, and wakes who waits."""

    def close(self) -> None:
        """In a forked child: lets go of it."""


class Hosting:
    """What all slots of a worker share. `reveal`: who asked is shown why a request failed (development)."""

    __slots__ = ('application', 'threads', 'openings', 'stopping', 'answer', 'forked')

    def __init__(self, application: Application, threads: int, base: Dict[str, Any], reveal: bool = False) -> None:
        self.application = application
        self.threads = threads
        self.openings = Openings(base)
        self.stopping = self.forked = False
        self.answer = RevealingAnswer if reveal else RecordAnswer


class Slot:
    """`request` is the id of the request that runs here, None between requests."""

    __slots__ = ('hosting', 'listener', 'thread', 'connection', 'request', 'places')

    def __init__(
        self, hosting: Hosting, listener: Listener, name: str, places: Optional[Dict[Any, Connection]] = None
    ) -> None:
        self.hosting = hosting
        self.listener = listener
        self.connection: Optional[Connection] = None
        self.request: Optional[str] = None
        #: The connections that are served, by where they come from, for who has a use for that.
        self.places = places
        # A daemon: an application that never returns must not keep the process after its deadline.
        self.thread = Thread(target=self._live, name=name, daemon=True)

    def _live(self) -> None:
        console.attach(self)
        yield_to_the_waker()
        while not self.hosting.stopping:
            try:
                self._serve_next()
            except RequestTimeout:
                continue  # meant for a request that had ended by itself in the meantime
        if self.hosting.forked:
            os._exit(0)  # the application forked, and the child came back here; nothing else of it is alive

    def _serve_next(self) -> None:
        try:
            sock, place = self.listener.accept()
        except OSError:
            if not self.hosting.stopping:
                time.sleep(0.1)  # out of descriptors, most likely: let requests end
            return
        sock.setblocking(True)
        self.serve(sock, place)

    def serve(self, sock: socket.socket, place: Any = None) -> None:
        """Serves one connection to its end, then closes it. Raises nothing for what a peer does."""
        hosting = self.hosting
        self.connection = connection = Connection(sock, hosting.openings, hosting.threads)
        if self.places is not None:
            self.places[place] = connection.twin()
        try:
            while not hosting.stopping:
                request = connection.next_request()
                if request is None or not self._serve_request(connection, request[0]) or not request[2]:
                    return
        except OSError:
            return  # closed, or broken off because the peer did not keep to the protocol
        finally:
            connection.broken = True
            if self.places is not None:
                self.places.pop(place).broken = True
            self.connection = None
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        """Never under the hands of another thread, which would write to whoever gets the number next."""
        try:
            connection.socket.shutdown(socket.SHUT_RDWR)  # ends a write that waits, which holds the lock
        except OSError:
            pass
        with connection.lock:
            connection.socket.close()

    def close_in_child(self) -> None:
        """In a forked child: the connection is not the child's."""
        connection = self.connection
        if connection is not None:
            connection.broken = True
            connection.socket.close()

    def _serve_request(self, connection: Connection, environ: Dict[str, Any]) -> bool:
        """One request; False when the connection cannot be used after it."""
        body: Optional[Input] = None
        length = environ.get('CONTENT_LENGTH')
        if not connection.input_ended or (length and length != '0'):
            declared = int(length) if length and length.isascii() and length.isdigit() and len(length) < 19 else -1
            connection.input_left = declared
            body = environ['wsgi.input'] = Input(connection.receive_input, declared if declared >= 0 else None)
        if 'HTTPS' in environ or environ.get('REQUEST_SCHEME') == 'https':
            environ['wsgi.url_scheme'] = url_scheme(environ)
        self.request = name = environ.get('REQUEST_ID', '')
        answer = self.hosting.answer(connection, name, environ.get('REQUEST_METHOD') == 'HEAD')
        environ['wsgi.errors'] = answer.errors
        try:
            run(self.hosting.application, environ, answer)
        finally:
            if console.unfinished:
                console.end_lines()
            self.request = None
        if body is None:
            return not connection.broken
        body.detach()
        return not connection.broken and settle(connection)
