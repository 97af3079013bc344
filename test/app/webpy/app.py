"""web.py as its tutorial writes it: classes by URL, and a form with a file. Static files lie in public/."""

import hashlib
import json

import web

urls = ('/hello/(.*)', 'Hello', '/upload', 'Upload')
app = web.application(urls, globals())


class Hello:
    def GET(self, name):
        return f'Hello {name} at {web.ctx.home}{web.ctx.fullpath}'


class Upload:
    def POST(self):
        form = web.input(file={})
        data = form.file.file.read()
        web.header('Content-Type', 'application/json')
        answer = {'sha256': hashlib.sha256(data).hexdigest(), 'size': len(data), 'name': form.file.filename, 'note': form.note}
        return json.dumps(answer)


if __name__ == '__main__':
    app.run()
