"""Writes the token of each request it begins into a ledger, then takes the seconds of LEDGER_TIME, or a few milliseconds."""

import os
import time


def application(environ, start_response):
    line = environ['QUERY_STRING'] + '\n'
    descriptor = os.open(os.environ['LEDGER'], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, line.encode('latin-1'))
    os.close(descriptor)
    time.sleep(float(os.environ.get('LEDGER_TIME', '0.005')))
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [line.encode('latin-1')]
