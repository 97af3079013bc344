def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    if environ["PATH_INFO"] == "/health":
        return [b"fine\n"]
    return [b"hello from a container\n"]
