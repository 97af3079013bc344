"""Writes to stdout and stderr in every way an application does."""

import logging
import sys
import threading
import warnings

logging.basicConfig(format='%(levelname)s %(message)s')
print('at import')


def application(environ, start_response):
    print('printed', 'caf\xe9 \u4f60', '\ud800')
    sys.stdout.write('two\nlines\n')
    sys.stdout.writelines(['begun ', 'and '])
    print('ended', end='', flush=True)
    print('\x01forged\x02line')
    sys.stdout.buffer.write(b'octets \xff\n')
    logging.warning('logged')
    warnings.warn('warned')
    print('to stderr', file=sys.stderr)
    background = threading.Thread(target=print, args=('in background',))
    background.start()
    background.join()
    facts = [sys.stdout.encoding, sys.stdout.fileno(), sys.stderr.fileno(), sys.stdout.isatty(), sys.stdout.writable()]
    sys.stdout.reconfigure(line_buffering=True)
    sys.stdout.write('no end')
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [repr(facts).encode()]
