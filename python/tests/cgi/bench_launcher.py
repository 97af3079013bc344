"""Processor time of one CGI request, of all processes: `PYTHON python/tests/cgi/bench_launcher.py [REQUESTS]`.

A compiled program executed, a Python script executed, and the same script warm, over 16 connections. The launcher, the
fork-server and everything they reaped count (utime, stime, cutime and cstime of /proc/PID/stat).
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from typing import List

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from portico_worker.fastcgi.records import END, RecordDecoder  # noqa: E402
from tests.cgi.launched import Launched  # noqa: E402
from tests.client import request  # noqa: E402

_CONNECTIONS = 16
_TICK = os.sysconf('SC_CLK_TCK')
_C_HELLO = r'''
#include <unistd.h>
static const char text[] = "Content-Type: text/plain\r\n\r\nHello\n";
int main(void) { return write(1, text, sizeof text - 1) < 0; }
'''
_PYTHON_HELLO = '''#!python
import os, sys, json, urllib.parse
print("Content-Type: text/plain")
print()
print("Hello")
'''


def _spent(pid: int) -> float:
    """Seconds of a process, of what it reaped, and of its children that run."""
    with open(f'/proc/{pid}/stat') as file:
        fields = file.read().rpartition(')')[2].split()
    spent = sum(map(int, fields[11:15])) / _TICK
    with open(f'/proc/{pid}/task/{pid}/children') as file:
        children = file.read().split()
    return spent + sum(_spent(int(child)) for child in children)


def drive(launched: Launched, script: str, count: int, connections: int = _CONNECTIONS) -> float:
    """Microseconds of processor time a request."""
    socks = [launched.connect() for _ in range(connections)]
    whole = request(SCRIPT_FILENAME=script)
    decoders = {sock.fileno(): RecordDecoder() for sock in socks}
    by_number = {sock.fileno(): sock for sock in socks}
    poll = select.epoll()
    before, began = _spent(launched.process.pid), time.monotonic()
    sent = done = 0
    for sock in socks:
        poll.register(sock.fileno(), select.EPOLLIN)
        sock.sendall(whole)
        sent += 1
    while done < count:
        for number, _ in poll.poll(10):
            for kind, _, content in decoders[number].feed(by_number[number].recv(65536)):
                if kind == END:
                    assert not any(content), content
                    done += 1
                    if sent < count:
                        by_number[number].sendall(whole)
                        sent += 1
    took = time.monotonic() - began
    spent = _spent(launched.process.pid) - before
    for sock in socks:
        sock.close()
    print(f'  {1e6 * spent / count:7.0f} us of processor time a request, {count / took:6.0f} requests a second')
    return 1e6 * spent / count


def main(arguments: List[str]) -> None:
    count = int(arguments[0]) if arguments else 2000
    with Launched(slots=_CONNECTIONS, warm='auto') as launched:
        program = os.path.join(launched.scripts, 'hello')
        subprocess.run(['gcc', '-O2', '-x', 'c', '-', '-o', program], input=_C_HELLO.encode(), check=True)
        script = launched.script(_PYTHON_HELLO)
        for name, path, share in ('C, executed', program, 1), ('Python, warm', script, 1):
            print(name)
            drive(launched, path, 50)
            drive(launched, path, count // share)
    with Launched(slots=_CONNECTIONS, warm=False) as launched:
        print('Python, executed')
        drive(launched, launched.script(_PYTHON_HELLO), max(50, count // 10))


if __name__ == '__main__':
    main(sys.argv[1:])
