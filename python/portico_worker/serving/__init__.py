"""An application server for foreign front servers (Apache, nginx, lighttpd, ...): the role that flup had.

FastCGI 1.0 with several requests on one connection, and SCGI. Threads that all wait on one epoll: the one that reads a
request to the end of its variables also runs the application, so nothing is handed over; while as many applications run
as may, one thread is left that goes on reading.
"""
