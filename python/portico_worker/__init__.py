"""The Python worker of Portico: a FastCGI application server that hosts one WSGI application.

It is started by the supervisor (`PYTHON .../portico_worker`), told what to do over descriptor 3, and spoken
to by HTTP processes over a unix socket; one accepted connection is one slot, served by one thread.

From the bottom up: `fastcgi` (the octets), `wsgi` (the call), `loading` (from a target to an application), `process`,
`as_cgi`, `slots` (for our HTTP processes), `cgi` (the launcher of scripts), `serving` (for other web servers), `worker`.
"""
