// Sends the files that applications name (`sendfile`): found below the directories of the mount and nowhere else, and then
// answered as the files handler answers, with conditions and ranges, from memory where they are small and asked for often.

import { byteString } from '../../byte-string.ts'
import { wallClockMs } from '../../clock.ts'
import { PorticoError } from '../../failure.ts'
import type { ResponseHead } from '../../gateway/gateway.ts'
import type { Answer, Cancellable, Exchange } from '../../http/exchange.ts'
import { firstField } from '../../http/fields.ts'
import type { Log } from '../../log/log.ts'
import { errorAnswer } from '../failure.ts'
import { answerFile, type FileRequest, type HotPlace } from '../static/file-answer.ts'
import { HotFiles, type HotMemory } from '../static/hot-files.ts'
import { closeQuietly, type Opened, type OpenFile, openFile } from '../static/open-file.ts'
import { answerFromMemory } from '../static/requested-part.ts'
import { Root } from '../static/root.ts'
import { meantPath, mergedFields, type NamedFile } from './named-file.ts'

/** The keys are those of `sendfile` in the effective configuration. */
export interface SendfileRoot {
  /** Absolute path. */
  readonly root: string
  /** Where X-Accel-Redirect finds it: '/a/b', '' for every path; null where only X-Sendfile does. */
  readonly prefix: string | null
}

interface Place {
  readonly root: Root
  readonly prefix: string | null
  readonly files: HotFiles
}

export class Sendfile {
  readonly log: Log
  readonly now: () => number
  /** The longest first. */
  readonly #byPath: readonly Place[]
  readonly #byPrefix: readonly Place[]

  constructor(roots: readonly SendfileRoot[], log: Log, memory: HotMemory, now: () => number = wallClockMs) {
    const places = roots.map(({ root, prefix }) => ({
      root: new Root(root, 'inside'),
      prefix: prefix === null ? null : byteString(prefix),
      files: new HotFiles(memory),
    }))
    this.log = log
    this.now = now
    this.#byPath = places.toSorted((a, b) => b.root.path.length - a.root.path.length)
    this.#byPrefix = places
      .filter(({ prefix }) => prefix !== null)
      .toSorted((a, b) => (b.prefix ?? '').length - (a.prefix ?? '').length)
  }

  /**
   * Answers the exchange with the file or with why there is none.
   * @param head of the application, without the name of the file
   */
  answer(exchange: Exchange, named: NamedFile, head: ResponseHead): void {
    new Sending(this, exchange, named, head).start()
  }

  /** The directory that a path lies in, and the rest of the path. */
  find({ field }: NamedFile, path: string): { readonly place: Place; readonly below: string } | undefined {
    const byPath = field === 'x-sendfile'
    for (const place of byPath ? this.#byPath : this.#byPrefix) {
      const start = byPath ? place.root.path : (place.prefix ?? '')
      if (path.startsWith(`${start}/`)) return { place, below: path.slice(start.length) }
    }
    return undefined
  }
}

const outside = {
  'x-sendfile': 'no directory of "sendfile" holds it',
  'x-accel-redirect': 'no path of "sendfile" leads to it; write sendfile: { /protected: /srv/media }',
}

/** One request whose application has named a file. */
class Sending implements Cancellable {
  readonly #sendfile: Sendfile
  readonly #exchange: Exchange
  readonly #named: NamedFile
  readonly #head: ResponseHead
  readonly #request: FileRequest
  #isGone = false

  constructor(sendfile: Sendfile, exchange: Exchange, named: NamedFile, head: ResponseHead) {
    this.#sendfile = sendfile
    this.#exchange = exchange
    this.#named = named
    this.#head = head
    this.#request = isRequested(exchange, head) ? exchange : unconditional(exchange)
  }

  start(): void {
    const meant = meantPath(this.#named)
    if (meant.kind === 'bad') this.#refuse(meant.why)
    else this.#look(meant.paths)
  }

  /** @param paths the file is at one of them */
  #look([path = '', ...others]: readonly string[]): void {
    const found = this.#sendfile.find(this.#named, path)
    if (found === undefined) {
      if (others.length > 0) this.#look(others)
      else this.#refuse(outside[this.#named.field])
      return
    }
    const { place, below } = found
    const type = firstField(this.#head.fields, 'content-type')
    // What is kept of a file holds its type, too.
    const key = `${below}\0${type ?? ''}`
    const hot = place.files.find(key, this.#exchange.receivedMs)
    if (hot !== undefined) {
      this.#respond(answerFromMemory(this.#request.head, hot, this.#sendfile.now))
      return
    }
    this.#exchange.whenGone = this
    openFile(place.root, below, (opened) => {
      if (opened.kind !== 'file') place.files.forget(key)
      if (!this.#isGone && opened.kind === 'missing' && others.length > 0) return this.#look(others)
      if (!this.#isGone) return this.#conclude(opened, { files: place.files, pathInfo: key }, type)
      if (opened.kind === 'file') closeQuietly(opened.fd)
      this.#exchange.fail(new PorticoError('E_CLIENT_GONE'))
    })
  }

  cancel(): void {
    this.#isGone = true
  }

  #conclude(opened: Opened, place: HotPlace, type: string | undefined): void {
    switch (opened.kind) {
      case 'file':
        this.#send(opened, place, type)
        break
      case 'missing':
        this.#missing()
        break
      case 'directory':
        this.#refuse('it is a directory')
        break
      case 'refused':
        this.#refuse(opened.why)
        break
      case 'failed':
        this.#exchange.fail(opened.failure)
        break
      default:
        opened satisfies never
    }
  }
  #send(file: OpenFile, place: HotPlace, type: string | undefined): void {
    const variant = { file, coding: 'identity' as const, name: file.name }
    const options = { cacheControl: '', negotiated: false, now: this.#sendfile.now, type }
    answerFile(this.#request, variant, place, options, (result) => {
      // Also when the client has gone: an exchange that is over frees what the answer holds.
      if (result.kind === 'answer') this.#respond(result.answer)
      else this.#exchange.fail(this.#isGone ? new PorticoError('E_CLIENT_GONE') : result.failure)
    })
  }

  #respond({ status, fields, body, unchanged }: Answer): void {
    const hasContent = status === 200 || status === 206
    const head = this.#head
    this.#exchange.respond({
      status: isOfPart(head.status) ? status : head.status,
      reason: isOfPart(head.status) ? undefined : head.reason,
      fields: mergedFields(head.fields, fields, hasContent),
      body,
      unchanged,
    })
  }

  /** It may have been there when the application asked its database. */
  #missing(): void {
    const { id, mount, worker } = this.#exchange
    const facts = { request: id, mount, worker, field: this.#named.field, file: this.#named.value }
    this.#sendfile.log.warn('sendfile.missing', facts)
    this.#exchange.respond(errorAnswer(404, id))
  }

  #refuse(why: string): void {
    const { field, value } = this.#named
    const message = `The application named a file that is not sent: ${why}`
    this.#exchange.fail(new PorticoError('E_SENDFILE_REFUSED', message, { field, file: value }))
  }
}

/** Whose conditions and range count: an application that answers 206 or 200 means the file as this client wants it. */
function isRequested({ head: { method } }: Exchange, { status }: ResponseHead): boolean {
  return isOfPart(status) && (method === 'GET' || method === 'HEAD')
}

function isOfPart(status: number): boolean {
  return status === 200 || status === 206
}

/** For a page about an error, and for what a POST has made: the whole file. */
function unconditional({ head, receivedMs }: Exchange): FileRequest {
  return { head: { ...head, fields: [] }, receivedMs }
}
