"""Answers everything that is no file in public/ with what it was asked."""


def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    text = '{REQUEST_METHOD} [{SCRIPT_NAME}] [{PATH_INFO}]'.format(**environ)
    return [text.encode('latin-1')]
