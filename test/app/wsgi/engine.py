"""One path a behaviour: /block, /after (reads its input behind a complete answer), /read (how much that was), /echo, /ignores, /pieces, /large, /late (raises after the head), /short, /status/NNN."""


def pieces(environ):
    for word in ('one ', 'two ', 'three'):
        yield word.encode()


def late(environ):
    yield b'x' * 100_000
    raise RuntimeError('raised after the head was sent')


def large(environ):
    for _ in range(int(environ['QUERY_STRING'])):
        yield b'L' * 1_048_576


READ = []


def after(environ):
    yield b'early'
    READ.append(len(environ['wsgi.input'].read()))


def application(environ, start_response):
    path = environ['PATH_INFO']
    plain = ('Content-Type', 'text/plain')
    if path == '/pieces':
        start_response('200 OK', [plain])
        return pieces(environ)
    if path == '/block':
        start_response('200 OK', [plain])
        return [b'B' * 60_000]
    if path == '/after':
        start_response('200 OK', [plain, ('Content-Length', '5')])
        return after(environ)
    if path == '/read':
        start_response('200 OK', [plain])
        return [str(READ).encode()]
    if path == '/late':
        start_response('200 OK', [plain])
        return late(environ)
    if path == '/short':
        start_response('200 OK', [plain, ('Content-Length', '10')])
        return [b'short']
    if path == '/large':
        start_response('200 OK', [plain])
        return large(environ)
    if path.startswith('/status/'):
        start_response(path[8:11] + ' Chosen', [plain])
        return []
    body = b'ignored' if path == '/ignores' else environ['wsgi.input'].read()
    start_response('200 OK', [plain, ('X-Path', path), ('X-Query', environ['QUERY_STRING'])])
    return [body]
