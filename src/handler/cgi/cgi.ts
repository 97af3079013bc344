// The handler of CGI scripts: finds the script that a path names, and hands the request to the gateway with what the environ
// says of that script (RFC 3875 sections 4.1.5, 4.1.6, 4.1.13, and what Apache adds and programs rely on).

import { byteString } from '../../byte-string.ts'
import { PorticoError } from '../../failure.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Log } from '../../log/log.ts'
import { errorAnswer } from '../failure.ts'
import type { Handler, Match } from '../handler.ts'
import { slashAnswer } from '../slash.ts'
import { type FoundScript, ScriptRoot, type ScriptRootOptions } from './script-root.ts'

export interface CgiOptions {
  /** A directory of scripts, or one script that answers for the whole mount (its absolute path). */
  readonly place: ScriptRootOptions | string
  /** DOCUMENT_ROOT, and where PATH_TRANSLATED begins: absolute path. */
  readonly documentRoot: string
  /** What does not exist is for the next target of the mount. */
  readonly passes: boolean
}

const isNph = /(?:^|\/)nph-[^/]*$/

export class CgiHandler implements Handler {
  readonly kind = 'cgi'
  readonly #root: ScriptRoot | undefined
  readonly #script: string
  readonly #documentRoot: string
  readonly #passes: boolean
  readonly #gateway: Handler
  readonly #log: Log

  /** @param gateway what makes a call of a request for a script */
  constructor({ place, documentRoot, passes }: CgiOptions, gateway: Handler, log: Log) {
    this.#root = typeof place === 'string' ? undefined : new ScriptRoot(place)
    this.#script = typeof place === 'string' ? byteString(place) : ''
    this.#documentRoot = byteString(documentRoot).replace(/\/+$/, '')
    this.#passes = passes
    this.#gateway = gateway
    this.#log = log
  }

  answer(exchange: Exchange, match: Match): void {
    if (this.#root === undefined) {
      this.#start(exchange, match, this.#script)
      return
    }
    const way = { gone: false, cancel: () => (way.gone = true) }
    exchange.whenGone = way
    this.#root.find(match.pathInfo, exchange.receivedMs, (found) => {
      if (way.gone) exchange.fail(new PorticoError('E_CLIENT_GONE'))
      else this.#conclude(exchange, match, found)
    })
  }

  #conclude(exchange: Exchange, match: Match, found: FoundScript): void {
    exchange.whenGone = undefined
    switch (found.kind) {
      case 'script': {
        const { path, pathInfo } = found
        const scriptName = match.scriptName + path
        this.#start(exchange, { ...match, scriptName, pathInfo }, `${this.#root?.path}${path}`)
        break
      }
      case 'missing':
        if (this.#passes) exchange.pass()
        else exchange.respond(errorAnswer(404, exchange.id))
        break
      case 'redirect':
        exchange.respond(slashAnswer(exchange, match))
        break
      case 'refused': {
        const facts = { request: exchange.id, mount: match.mount, status: 403, why: found.why }
        this.#log.warn('cgi.refused', facts)
        exchange.respond(errorAnswer(403, exchange.id))
        break
      }
      default:
        found satisfies never
    }
  }

  #start(exchange: Exchange, match: Match, file: string): void {
    const { peer } = exchange
    // biome-ignore format: pairs
    const variables = [
      'SCRIPT_FILENAME', file,
      'DOCUMENT_ROOT', this.#documentRoot,
      'SERVER_ADDR', peer.localAddress,
      'REMOTE_HOST', peer.remoteAddress,
      // php-cgi refuses to run without it.
      'REDIRECT_STATUS', '200',
    ]
    if (match.pathInfo !== '') variables.push('PATH_TRANSLATED', this.#documentRoot + match.pathInfo)
    this.#gateway.answer(exchange, {
      ...match,
      script: file.slice(file.lastIndexOf('/') + 1),
      variables,
      verbatim: isNph.test(file),
    })
  }
}
