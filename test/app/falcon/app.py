"""Falcon as its tutorial writes it: resources, a form with a file, and a static route."""

import hashlib
import os

import falcon


class Hello:
    def on_get(self, request, response, name):
        response.text = f'Hello {name} at {request.uri}'
        response.content_type = falcon.MEDIA_TEXT


class Upload:
    def on_post(self, request, response):
        answer = {}
        for part in request.get_media():
            if part.name == 'file':
                digest, size = hashlib.sha256(), 0
                for piece in iter(lambda: part.stream.read(65536), b''):
                    digest.update(piece)
                    size += len(piece)
                answer.update(sha256=digest.hexdigest(), size=size, name=part.filename)
            else:
                answer['note'] = part.text
        response.media = answer


app = falcon.App()
app.add_route('/hello/{name}', Hello())
app.add_route('/upload', Upload())
app.add_static_route('/assets', os.path.join(os.path.dirname(os.path.abspath(__file__)), 'assets'))
