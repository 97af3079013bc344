"""Processor time of one request in the worker: `PYTHON python/tests/bench_worker.py [REQUESTS] [INTERPRETER]`.

This process is the client; the worker is another, with one thread and one kept connection. The floor is what
the same bytes cost a loop of nothing but recv and sendall, since most of a small request is these two calls.
"""

from __future__ import annotations

import os
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from tests.client import Client, request  # noqa: E402
from tests.started import StartedWorker  # noqa: E402


def measure(count: int, interpreter: str) -> float:
    """Microseconds a request."""
    with StartedWorker('hello:application', python=interpreter) as worker:
        print('ready:', worker.event()['python'])
        client = Client(worker.connect())
        for _ in range(1000):
            client.ask(request())
        answer = client.ask(request())
        size = len(answer.stdout) + 8 + 24
        before = _times(client)
        _exchange(client.socket, request(), size, count)
        after = _times(client)
        client.close()
    user, system = (1e6 * (b - a) / count for a, b in zip(before, after))
    print(f'worker: {user + system:5.1f} us a request (user {user:.1f}, system {system:.1f})')
    return user + system


def floor(count: int) -> float:
    """The same exchange with an answerer that does nothing; microseconds."""
    ours, theirs = socket.socketpair()
    size, answer = len(request()), b'x' * 120
    child = os.fork()
    if child == 0:
        ours.close()
        # In a thread, like a slot, so that taking the interpreter lock back is counted too.
        thread = threading.Thread(target=_answer, args=(theirs, answer))
        thread.start()
        thread.join()
        used = os.times()
        theirs.sendall(b'%d' % int(1e6 * (used.user + used.system)))
        os._exit(0)
    theirs.close()
    _exchange(ours, b'y' * size, len(answer), count)
    ours.shutdown(socket.SHUT_WR)
    used = int(ours.recv(100)) / count
    os.waitpid(child, 0)
    print(f'floor:  {used:5.1f} us for recv and sendall alone')
    return used


def _answer(sock: socket.socket, answer: bytes) -> None:
    while sock.recv(65536):
        sock.sendall(answer)


def _exchange(sock: socket.socket, data: bytes, size: int, count: int) -> None:
    for _ in range(count):
        sock.sendall(data)
        got = 0
        while got < size:
            got += len(sock.recv(65536))


def _times(client: Client) -> 'list[float]':
    return [float(part) for part in client.ask(request(PATH_INFO='/times')).body.split()]


if __name__ == '__main__':
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 50000
    floor(requests)
    measure(requests, sys.argv[2] if len(sys.argv) > 2 else sys.executable)
