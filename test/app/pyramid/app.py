"""Pyramid in one file: a view by route, a form with a file, and a static view."""

import hashlib
import os

from pyramid.config import Configurator
from pyramid.response import Response


def hello(request):
    return Response(f'Hello {request.matchdict["name"]} at {request.url}')


def upload(request):
    part = request.POST['file']
    data = part.file.read()
    return {'sha256': hashlib.sha256(data).hexdigest(), 'size': len(data), 'name': part.filename, 'note': request.POST['note']}


with Configurator() as config:
    config.add_route('hello', '/hello/{name}')
    config.add_route('upload', '/upload')
    config.add_view(hello, route_name='hello')
    config.add_view(upload, route_name='upload', renderer='json', request_method='POST')
    config.add_static_view('assets', os.path.join(os.path.dirname(os.path.abspath(__file__)), 'assets'))
    app = config.make_wsgi_app()
