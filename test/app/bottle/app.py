"""Bottle as its tutorial writes it: a page, a form with a file, and static files."""

import hashlib
import os

from bottle import Bottle, request, run, static_file

app = Bottle()
assets = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'assets')


@app.route('/hello/<name>')
def hello(name):
    return f'Hello {name} at {request.url}'


@app.post('/upload')
def upload():
    part = request.files.file
    data = part.file.read()
    return {'sha256': hashlib.sha256(data).hexdigest(), 'size': len(data), 'name': part.raw_filename, 'note': request.forms.note}


@app.route('/assets/<path:path>')
def asset(path):
    return static_file(path, root=assets)


if __name__ == '__main__':
    run(app)
