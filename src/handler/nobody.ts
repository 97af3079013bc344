// Stands where a site mounts nothing, so that what the site says of all its paths counts there, too. Passes everything on.

import type { Exchange } from '../http/exchange.ts'
import type { Handler } from './handler.ts'

export class NobodyHandler implements Handler {
  readonly kind = 'nobody'
  readonly methods: readonly string[] = []

  answer(exchange: Exchange): void {
    exchange.pass()
  }
}
