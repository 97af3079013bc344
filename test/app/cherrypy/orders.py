"""A CherryPy program as the tutorial writes it: a page, a form, a session, an answer in pieces."""

from threading import Event

import cherrypy


class Root:
    def __init__(self):
        self._rest = Event()

    @cherrypy.expose
    def index(self):
        return '<h1>A CherryPy page</h1>'

    @cherrypy.expose
    def order(self, crate, count='1'):
        return f'{cherrypy.request.method}: {int(count)} of {crate}'

    @cherrypy.expose
    def visits(self):
        cherrypy.session['visits'] = cherrypy.session.get('visits', 0) + 1
        return str(cherrypy.session['visits'])

    @cherrypy.expose
    @cherrypy.config(**{'response.stream': True, 'tools.sessions.on': False})
    def pieces(self):
        def produce():
            yield b'first\n'
            yield b'last\n' if self._rest.wait(20) else b'nobody asked for the rest\n'

        cherrypy.response.headers['Content-Type'] = 'text/plain'
        self._rest.clear()
        return produce()

    @cherrypy.expose
    @cherrypy.config(**{'tools.sessions.on': False})
    def rest(self):
        self._rest.set()
        return 'on its way'


if __name__ == '__main__':
    cherrypy.quickstart(Root(), '/', {'/': {'tools.sessions.on': True}})
