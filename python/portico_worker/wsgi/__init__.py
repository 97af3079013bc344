"""PEP 3333, whatever carries the request: the environ, the call, its input, its answer."""
