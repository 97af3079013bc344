// Modules written in C bind to their own libraries, not to those that Node exports, and do real work on many threads.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { isMissing, systemPython } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'
import { scratch } from '../cli/command.ts'
import { askJson, describe, fixtures, it, plainEnvironment, startEmbedded } from './embedded.ts'

/** Certificates that the shell names would hide whose OpenSSL it is. */
const environment = { ...plainEnvironment, SSL_CERT_FILE: undefined, SSL_CERT_DIR: undefined }

let server: RunningPortico

beforeAll(async () => {
  server = await startEmbedded({
    modules: ['extensions'],
    settings: 'threads: 4',
    environment,
    shared: true,
  })
})
afterAll(() => server.stop())

it('those of the standard library work', async () => {
  expect(await askJson(server, '/standard')).toEqual({
    ctypes: true,
    pythonapi: 42,
    decimal: '0.333333333333333333333333333333',
    hashlib: 'a7ffc6f8bf1ed766',
    scrypt: '77d6576238657b20',
    sqlite3: 45,
    zlib: 'packed',
  })
})

describe('ssl', () => {
  it('is the OpenSSL of Python, which finds the certificates of the system', async () => {
    const code = 'import json, extensions; print(json.dumps(extensions.openssl()))'
    const said = execFileSync(systemPython, ['-c', code], {
      cwd: fixtures,
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    })
    expect(await askJson(server, '/ssl')).toEqual(JSON.parse(said))
  })

  it('shakes hands', async ({ skip }) => {
    skip(isMissing('openssl'))
    const certificate = join(scratch(), 'certificate.pem')
    const what = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost']
    const where = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', certificate, '-out', certificate]
    execFileSync('openssl', [...what, ...where], { stdio: 'ignore' })
    const hello = ['hello\n', 'TLSv1.3', [['DNS', 'localhost']]]
    const answers = await Promise.all(Array.from({ length: 8 }, () => askJson(server, `/tls?${certificate}`)))
    expect(answers).toEqual(Array(8).fill(hello))
  })
})

it('let what is preloaded come first, such as another allocator', async () => {
  const settings = 'environment: { LD_PRELOAD: libdl.so.2 }'
  const preloaded = await startEmbedded({ modules: ['extensions'], settings })
  expect(await askJson(preloaded, '/flags')).toEqual(['RTLD_NOW'])
  expect(await askJson(server, '/flags')).toEqual(['RTLD_NOW', 'RTLD_DEEPBIND'])
})
