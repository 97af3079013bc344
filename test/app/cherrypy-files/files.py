"""A CherryPy program with file downloads, an upload and a generator that is to be closed."""

import hashlib
import io
import os
from threading import Event

import cherrypy
from cherrypy.lib import static

here = os.path.dirname(os.path.abspath(__file__))
closed = Event()


class Root:
    @cherrypy.expose
    def file(self):
        return static.serve_file(os.path.join(here, 'crate.bin'), 'application/octet-stream', 'attachment', 'crate.bin')

    @cherrypy.expose
    def object(self):
        return static.serve_fileobj(io.BytesIO(b'from memory'), 'text/plain')

    @cherrypy.expose
    @cherrypy.tools.json_out()
    def upload(self, file, note):
        data = file.file.read()
        return {'sha256': hashlib.sha256(data).hexdigest(), 'size': len(data), 'name': file.filename, 'note': note}

    @cherrypy.expose
    @cherrypy.config(**{'response.stream': True})
    def endless(self):
        def produce():
            try:
                while True:
                    yield b'x' * 65536
            finally:
                closed.set()

        closed.clear()
        return produce()

    @cherrypy.expose
    def closed(self):
        return 'closed' if closed.wait(20) else 'still open'


if __name__ == '__main__':
    # CherryPy's own limit of 100 MB is kept.
    cherrypy.quickstart(Root())
