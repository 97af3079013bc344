// The handler of scripts, be they executed (CGI) or read by an application (PHP): finds the script that a path names, and
// hands the request to the gateway with what the environ says of that script.

import { byteString } from '../../byte-string.ts'
import { PorticoError } from '../../failure.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Log } from '../../log/log.ts'
import { errorAnswer } from '../failure.ts'
import type { Handler, Match } from '../handler.ts'
import { slashAnswer } from '../slash.ts'
import { scriptMatch } from './script-match.ts'
import { type FoundScript, ScriptRoot, type ScriptRootOptions } from './script-root.ts'

export interface ScriptsOptions {
  /** For tables and logs. */
  readonly kind: 'cgi' | 'fastcgi'
  /** A directory of scripts, or one script that answers for the whole mount (its absolute path). */
  readonly place: ScriptRootOptions | string
  /** DOCUMENT_ROOT, and where PATH_TRANSLATED begins: absolute path. */
  readonly documentRoot: string
  /** What does not exist is for the next target of the mount. */
  readonly passes: boolean
}

const isNph = /(?:^|\/)nph-[^/]*$/

export class ScriptsHandler implements Handler {
  readonly kind: ScriptsOptions['kind']
  readonly #root: ScriptRoot | undefined
  readonly #script: string
  readonly #documentRoot: string
  readonly #passes: boolean
  readonly #gateway: Handler
  readonly #log: Log

  /** @param gateway what makes a call of a request for a script */
  constructor({ kind, place, documentRoot, passes }: ScriptsOptions, gateway: Handler, log: Log) {
    this.kind = kind
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
        this.#log.warn('script.refused', facts)
        exchange.respond(errorAnswer(403, exchange.id))
        break
      }
      default:
        found satisfies never
    }
  }

  #start(exchange: Exchange, match: Match, file: string): void {
    const own = scriptMatch(exchange, match, file, this.#documentRoot)
    // Those who read scripts (PHP) know nothing of names that say how a script answers (RFC 3875 section 5).
    this.#gateway.answer(exchange, { ...own, verbatim: this.kind === 'cgi' && isNph.test(file) })
  }
}
