"""A WSGI application as a CGI program: one request and out."""
