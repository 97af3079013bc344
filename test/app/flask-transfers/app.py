"""Flask with large and slow bodies: an answer in pieces that knows its request, a streamed upload, files in parts."""

import hashlib
import os
from threading import Event

from flask import Flask, Response, request, send_file, stream_with_context

app = Flask(__name__)
rest = Event()
closed = Event()


@app.route('/pieces')
def pieces():
    def produce():
        yield f'{request.path}\n'
        yield 'last\n' if rest.wait(20) else 'nobody asked for the rest\n'

    rest.clear()
    return Response(stream_with_context(produce()), mimetype='text/plain')


@app.route('/rest')
def go_on():
    rest.set()
    return 'on its way'


@app.route('/endless')
def endless():
    def produce():
        try:
            while True:
                yield b'x' * 65536
        finally:
            closed.set()

    closed.clear()
    return Response(produce())


@app.route('/closed')
def was_closed():
    return 'closed' if closed.wait(20) else 'still open'


@app.route('/stream', methods=['POST'])
def stream():
    digest, size, longest = hashlib.sha256(), 0, 0
    while piece := request.stream.read(65536):
        digest.update(piece)
        size += len(piece)
        longest = max(longest, len(piece))
    return {'sha256': digest.hexdigest(), 'size': size, 'longest': longest}


@app.route('/upload', methods=['POST'])
def upload():
    file = request.files['file']
    data = file.read()
    return {'sha256': hashlib.sha256(data).hexdigest(), 'size': len(data), 'name': file.filename, 'note': request.form['note']}


@app.route('/file')
def whole_file():
    return send_file(os.path.join(app.root_path, 'crate.bin'), mimetype='application/octet-stream', conditional=True)
