"""The CGI launcher: a FastCGI application server whose application is the start of a script (RFC 3875).

One thread, one epoll loop. Scripts are executed (`execute`), or, when they are Python, forked from an interpreter that
has already started (`warm`, `forkserver`, `become`). The HTTP process must not start them: a spawn stops its loop.
"""
