"""The shapes an application may have: function, factory, instance, class, attribute of something."""


def _answer(text, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [text]


def function(environ, start_response):
    return _answer(b'function', start_response)


def factory():
    return function


class Instance:
    def __call__(self, environ, start_response):
        return _answer(b'instance', start_response)

    def method(self, environ, start_response):
        return _answer(b'method', start_response)


instance = Instance()


class PerRequest:
    """The class itself is the application, its instances are the iterables (PEP 3333, first example)."""

    def __init__(self, environ, start_response):
        self.start_response = start_response

    def __iter__(self):
        yield from _answer(b'class', self.start_response)
