"""Answers with what its own `setting` module says."""

import os
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]

import setting  # noqa: E402


def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [setting.VALUE]
