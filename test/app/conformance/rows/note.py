"""What the suite and the application tell each other through files: records of what happened, gates to wait at."""

import json
import os
import time
from urllib.parse import parse_qsl

PLACE = os.environ['CONFORMANCE_RECORDS']
PLAIN = ('Content-Type', 'text/plain')


def query(environ):
    return dict(parse_qsl(environ.get('QUERY_STRING', ''), keep_blank_values=True, encoding='latin-1'))


def token(environ):
    return query(environ).get('token', 'none')


def note(name, word):
    """One line of the record of that name, in one write: other processes may write it too."""
    descriptor = os.open(os.path.join(PLACE, name), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    os.write(descriptor, (word + '\n').encode('utf-8'))
    os.close(descriptor)


def noted(name):
    try:
        with open(os.path.join(PLACE, name)) as record:
            return record.read().splitlines()
    except FileNotFoundError:
        return []


def wait(name, seconds=20.0):
    """Until the suite opens the gate of that name."""
    until = time.monotonic() + seconds
    while not os.path.exists(os.path.join(PLACE, name + '.gate')) and time.monotonic() < until:
        time.sleep(0.01)


def answer_json(value, start_response):
    body = json.dumps(value).encode('ascii')
    start_response('200 OK', [('Content-Type', 'application/json'), ('Content-Length', str(len(body)))])
    return [body]


class Closing:
    """An iterable that notes each close(); `raising` makes close() fail."""

    def __init__(self, name, blocks, raising=False):
        self.name = name
        self.blocks = iter(blocks)
        self.raising = raising

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.blocks)

    def close(self):
        note(self.name, 'closed')
        if self.raising:
            raise RuntimeError('raised in close ' + self.name)
