"""What the application writes to wsgi.errors."""

from .note import PLAIN, query, token, wait


def flush(environ, start_response):
    """Writes and flushes in the middle of the request, and then waits."""
    name, errors = token(environ), environ['wsgi.errors']
    errors.write('written %s gr\xfc\xdfe \u4f60\n' % name)
    errors.writelines(['first %s\n' % name, 'second %s\n' % name])
    errors.flush()
    wait(name)
    start_response('200 OK', [PLAIN])
    return [b'written']


def lines(environ, start_response):
    """Fifty lines in pieces, as a logging handler writes them: text and line end at once."""
    name, errors = token(environ), environ['wsgi.errors']
    for number in range(50):
        errors.write('line %s %02d %s end\n' % (name, number, query(environ)['letter'] * 200))
    errors.flush()
    start_response('200 OK', [PLAIN])
    return [b'written']


ROUTES = {'errors-flush': flush, 'errors-lines': lines}
