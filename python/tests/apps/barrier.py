"""Answers only when three requests run at the same time."""

import threading

_meeting = threading.Barrier(3)


def application(environ, start_response):
    _meeting.wait(15)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'met']
