// The front script: one script of a directory that answers for everything that is not there (front controllers of PHP).

import { byteString } from '../../byte-string.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Handler, Match } from '../handler.ts'
import { scriptMatch } from './script-match.ts'

export interface FrontOptions {
  /** Absolute path of the directory. */
  readonly root: string
  /** Path of the script below it, from its slash. */
  readonly script: string
}

export class FrontHandler implements Handler {
  readonly kind = 'fastcgi'
  readonly #root: string
  readonly #script: string
  readonly #gateway: Handler

  constructor({ root, script }: FrontOptions, gateway: Handler) {
    this.#root = byteString(root).replace(/\/+$/, '')
    this.#script = byteString(script)
    this.#gateway = gateway
  }

  /** The script finds the path that was asked for in REQUEST_URI, as behind try_files of nginx. */
  answer(exchange: Exchange, match: Match): void {
    const own = { ...match, scriptName: match.scriptName + this.#script, pathInfo: '' }
    this.#gateway.answer(exchange, scriptMatch(exchange, own, this.#root + this.#script, this.#root))
  }
}
