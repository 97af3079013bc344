// Asks a files handler for one path and says in a word what came of it.

import { FilesHandler, type FilesOptions } from '../../src/handler/static/files.ts'
import { HotMemory } from '../../src/handler/static/hot-files.ts'
import { normalizePath } from '../../src/http/path.ts'
import { FakeExchange, type FakeRequest, type Outcome } from './exchange.ts'
import { MemoryLog } from './log.ts'

const defaults: Omit<FilesOptions, 'root'> = {
  index: ['index.html'],
  fallback: null,
  dotfiles: false,
  symlinks: 'inside',
  listing: false,
  pass: true,
  precompressed: false,
  cache: null,
  types: {},
}

export function filesHandler(
  root: string,
  options: Partial<FilesOptions> = {},
  log = new MemoryLog(),
  now?: () => number,
  memory = new HotMemory(),
): FilesHandler {
  return new FilesHandler({ root, ...defaults, ...options }, log, memory, now)
}

/** Hands one request to the handler as if it were mounted at `scriptName`. */
export function startFiles(
  handler: FilesHandler,
  request: FakeRequest & { path: string },
  scriptName = '',
): FakeExchange {
  const exchange = new FakeExchange(request)
  const mount = scriptName === '' ? '/' : scriptName
  handler.answer(exchange, { mount, scriptName, pathInfo: request.path.slice(scriptName.length) })
  return exchange
}

/** '200 body', '404', 'passed', a failure's code, or 'refused' for a raw path that never gets as far as a handler. */
export async function askFiles(handler: FilesHandler, rawPath: string): Promise<string> {
  const path = normalizePath(rawPath)
  return path.kind === 'bad' ? 'refused' : inAWord(await startFiles(handler, { path: path.path }).outcome)
}

export function inAWord(outcome: Outcome): string {
  if (outcome.kind === 'passed') return 'passed'
  if (outcome.kind === 'redirected') return outcome.target
  if (outcome.kind === 'failed') return outcome.failure.code
  const { status, body } = outcome.answer
  return status === 200 && Buffer.isBuffer(body) ? `200 ${body.toString('latin1')}` : String(status)
}
