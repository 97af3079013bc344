"""What each variable of an environ means, in a few words (RFC 3875 section 4.1, PEP 3333)."""

from __future__ import annotations

from typing import Dict, Tuple

GROUPS: Dict[str, Tuple[str, str]] = {
    'cgi': ('CGI variables', 'Names and meanings come from CGI (RFC 3875). Every dynamic gateway has them.'),
    'http': ('HTTP fields', 'What the client sent: a field such as User-Agent becomes HTTP_USER_AGENT.'),
    'wsgi': ('wsgi.* variables', 'Added on the Python side (PEP 3333). These are objects, so only WSGI has them.'),
    'other': ('Other variables', 'In no standard: additions of the server.'),
}

_CGI: Dict[str, str] = {
    'AUTH_TYPE': 'How the server itself authenticated the visitor, if it did.',
    'CONTENT_LENGTH': 'Size of the request body in octets.',
    'CONTENT_TYPE': 'Media type of the request body.',
    'GATEWAY_INTERFACE': 'The version of CGI these variables follow.',
    'PATH_INFO': 'The path below the mount; the application routes by it. Percent-decoded.',
    'PATH_TRANSLATED': 'PATH_INFO as a path of the file system.',
    'QUERY_STRING': 'What follows the question mark, still encoded.',
    'REMOTE_ADDR': 'Address of the client.',
    'REMOTE_HOST': 'Name of the client, or its address again.',
    'REMOTE_IDENT': 'An answer of the identification protocol; practically unused.',
    'REMOTE_USER': 'The visitor, if the server itself authenticated one.',
    'REQUEST_METHOD': 'GET, POST, ...',
    'SCRIPT_NAME': 'The path of the mount: where the application lives on this site.',
    'SERVER_NAME': 'The host that the request was sent to.',
    'SERVER_PORT': 'The port that the request came in on.',
    'SERVER_PROTOCOL': 'The version of HTTP that the client spoke.',
    'SERVER_SOFTWARE': 'Name and version of the server.',
}

_WSGI: Dict[str, str] = {
    'wsgi.errors': 'A text stream: what is written to it goes to the error log.',
    'wsgi.file_wrapper': 'Wrap an open file in this and return it, to let the server send it.',
    'wsgi.input': 'The request body, to be read like a file.',
    'wsgi.input_terminated': 'True: reading wsgi.input to its end is safe, also without CONTENT_LENGTH.',
    'wsgi.multiprocess': 'True: another process may run the same application at the same time.',
    'wsgi.multithread': 'True: another thread of this process may.',
    'wsgi.run_once': 'True: this process is meant for one request only, as with CGI.',
    'wsgi.url_scheme': 'http or https.',
    'wsgi.version': 'The version of WSGI.',
}

_HTTP: Dict[str, str] = {
    'HTTP_ACCEPT': 'Media types that the client would like.',
    'HTTP_ACCEPT_ENCODING': 'Compressions that the client understands.',
    'HTTP_ACCEPT_LANGUAGE': 'Languages that the visitor prefers.',
    'HTTP_AUTHORIZATION': 'Credentials for the application.',
    'HTTP_CACHE_CONTROL': 'What the client asks of caches.',
    'HTTP_CONNECTION': 'Whether the client wants to keep the connection.',
    'HTTP_COOKIE': 'The cookies of this site.',
    'HTTP_HOST': 'The host (and port) in the address that the client used.',
    'HTTP_IF_MODIFIED_SINCE': 'Send it only if it has changed since then.',
    'HTTP_IF_NONE_MATCH': 'Send it only if it is not this version.',
    'HTTP_ORIGIN': 'The site whose page made this request.',
    'HTTP_REFERER': 'The page with the link that led here (misspelt in HTTP since 1996).',
    'HTTP_USER_AGENT': 'What the client calls itself.',
    'HTTP_X_FORWARDED_FOR': 'Addresses that proxies noted; anyone can write this.',
}

_OTHER: Dict[str, str] = {
    'DOCUMENT_ROOT': 'The directory that files are served from.',
    'HTTPS': 'Set to "on" when the request came over TLS.',
    'REMOTE_PORT': 'Port of the client.',
    'REQUEST_ID': 'Name of this request in the logs.',
    'REQUEST_SCHEME': 'http or https.',
    'REQUEST_URI': 'Path and query exactly as they were sent, nothing decoded.',
    'SCRIPT_FILENAME': 'The file that was asked for; FastCGI servers such as php-fpm need it.',
    'SERVER_ADDR': 'The address that the request came in on.',
}


def group_of(name: str) -> str:
    """Returns the key in GROUPS that a variable belongs to."""
    if name in _CGI:
        return 'cgi'
    if name.startswith('wsgi.'):
        return 'wsgi'
    if name.startswith('HTTP_'):
        return 'http'
    return 'other'


def meaning(name: str) -> str:
    """Returns a short explanation; for a field without one of its own, the name it had in the request."""
    for known in (_CGI, _WSGI, _HTTP, _OTHER):
        if name in known:
            return known[name]
    if name.startswith('HTTP_'):
        field = '-'.join(word.capitalize() for word in name[5:].split('_'))
        return f'The request field {field}.'
    return 'Not described in a standard.'
