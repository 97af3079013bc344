"""The same as echo.c over SCGI: python3 scgi_server.py PATH | PORT."""

import socket
import socketserver
import sys


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        size = b""
        while not size.endswith(b":"):
            octet = self.rfile.read(1)
            if not octet:
                return
            size += octet
        parts = self.rfile.read(int(size[:-1])).split(b"\0")
        names, values = parts[0:-1:2], parts[1::2]
        env = {name.decode("latin-1"): value.decode("latin-1") for name, value in zip(names, values)}
        if self.rfile.read(1) != b"," or names[0] != b"CONTENT_LENGTH" or env["SCGI"] != "1":
            self.wfile.write(b"Status: 500\r\n\r\nnot SCGI")
            return
        if len(env) != len(names):
            self.wfile.write(b"Status: 500\r\n\r\na name stands twice")
            return
        left = int(env["CONTENT_LENGTH"])
        variables = sum(len(name) + 1 + len(value) for name, value in env.items())
        head = (
            "Status: 200 OK\r\nContent-Type: application/octet-stream\r\n"
            "X-Method: %s\r\nX-Path: %s\r\nX-Length: %d\r\nX-Variables: %d\r\n\r\n"
        )
        self.wfile.write((head % (env["REQUEST_METHOD"], env["PATH_INFO"], left, variables)).encode("latin-1"))
        while left > 0:
            piece = self.rfile.read(min(left, 65536))
            if not piece:
                return
            left -= len(piece)
            self.wfile.write(piece)


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


class UnixServer(Server):
    address_family = socket.AF_UNIX


where = sys.argv[1]
server = Server(("127.0.0.1", int(where)), Handler) if where.isdigit() else UnixServer(where, Handler)
server.serve_forever()
