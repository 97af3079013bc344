// Sends a form with one large file, with its length or in chunks.

import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { within } from './socket.ts'

const uploadMs = 30_000
const pieceBytes = 64 * 1024
const boundary = 'portico-boundary-7f3a'

export interface FormUpload {
  readonly url: string
  readonly file: Uint8Array
  /** Transfer-Encoding: chunked in place of Content-Length. */
  readonly chunked: boolean
}

export interface UploadAnswer {
  readonly status: number
  readonly body: string
}

export function randomFile(size: number): { readonly bytes: Buffer; readonly sha256: string } {
  const bytes = randomBytes(size)
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** Posts the fields `note` and `file`, as a browser does. */
export async function uploadForm({ url, file, chunked }: FormUpload): Promise<UploadAnswer> {
  const start =
    `--${boundary}\r\nContent-Disposition: form-data; name="note"\r\n\r\nby hand\r\n` +
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="crate.bin"\r\n` +
    'Content-Type: application/octet-stream\r\n\r\n'
  const body = Buffer.concat([Buffer.from(start), file, Buffer.from(`\r\n--${boundary}--\r\n`)])
  const framing = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': body.length }
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, ...framing }
  const sent = request(url, { method: 'POST', headers })
  const answer = new Promise<UploadAnswer>((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', (response) => {
      text(response).then((said) => resolve({ status: response.statusCode ?? 0, body: said }), reject)
    })
  })
  for (let at = 0; at < body.length; at += pieceBytes) sent.write(body.subarray(at, at + pieceBytes))
  sent.end()
  return within(uploadMs, answer, `an answer to the upload to ${url}`).finally(() => sent.destroy())
}

/** The two ways to send a form: for a test of each. */
export const framings = [
  ['with its length', false],
  ['in chunks', true],
] as const

export interface FormReceipt {
  readonly status: number
  /** What the application says that it got: sha256, size, name and note. */
  readonly received: unknown
  /** What it should say. */
  readonly sent: Readonly<Record<string, string | number>>
}

/** Posts a form with a random file to an application that answers with what it got, as JSON. */
export async function sendForm(url: string, size: number, chunked: boolean): Promise<FormReceipt> {
  const file = randomFile(size)
  const { status, body } = await uploadForm({ url, file: file.bytes, chunked })
  const sent = { sha256: file.sha256, size, name: 'crate.bin', note: 'by hand' }
  return { status, received: JSON.parse(body), sent }
}
