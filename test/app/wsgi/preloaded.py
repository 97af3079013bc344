"""Says by whom it was imported and what it is now; /exit ends the process; /fds lists its descriptors."""

import json
import os
import random

IMPORTED_BY = os.getpid()
AT_IMPORT = random.random()


def application(environ, start_response):
    if environ['PATH_INFO'] == '/exit':
        os._exit(7)
    print('asked', flush=True)
    random_now = random.random()
    body = json.dumps({
        'imported_by': IMPORTED_BY, 'pid': os.getpid(), 'random': random_now,
        'group': os.getpgrp(), 'uid': os.getuid(),
        'descriptors': len(os.listdir('/proc/self/fd')),
    }).encode()
    start_response('200 OK', [('Content-Type', 'application/json'), ('Content-Length', str(len(body)))])
    return [body]
