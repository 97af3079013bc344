// Every notation of an application, in portico.yaml and on the command line, answers a request.

import { expect, it } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { ask } from './ask.ts'
import { scratch } from './command.ts'

const shop = `
def say(word):
    def application(environ, start_response):
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return [word]
    return application

class Site:
    def __call__(self, environ, start_response):
        return say(b'instance')(environ, start_response)
    def method(self, environ, start_response):
        return say(b'method')(environ, start_response)

class Answer:
    def __init__(self, environ, start_response):
        start_response('200 OK', [('Content-Length', '5')])
    def __iter__(self):
        yield b'class'

site = Site()
application = say(b'application')
app = say(b'app')
make = lambda: say(b'factory')
`
const files = {
  'shop/__init__.py': '',
  'shop/wsgi.py': shop,
  'only_app.py': shop.replace(/^application = /m, 'other = '),
  'my-site.wsgi': shop,
}

it.each([
  ['shop.wsgi:application', 'application'],
  ['shop.wsgi:make()', 'factory'],
  ['shop.wsgi:site', 'instance'],
  ['shop.wsgi:site.method', 'method'],
  ['shop.wsgi:Answer', 'class'],
  ['shop/wsgi.py', 'application'],
  ['shop/wsgi.py:make()', 'factory'],
  ['only_app.py', 'app'],
  ['./my-site.wsgi', 'application'],
])('serves "%s"', async (name, answer) => {
  const config = `mounts: { /: { wsgi: ${JSON.stringify(name)}, processes: 1 } }\n`
  const written = await startPortico({ config, files })
  expect(await ask(written.port, '/')).toMatchObject({ status: 200, body: answer })
  await written.stop()

  const args = ['serve', name, '--listen', '127.0.0.1:0', '--processes', '1']
  const named = await startPortico({ args, cwd: scratch(files) })
  expect(await ask(named.port, '/')).toMatchObject({ status: 200, body: answer })
})
