// The files handler (DESIGN section 4, files): GET and HEAD of regular files below one directory.
// What does not exist is passed on; what is refused is not.

import { byteString } from '../../byte-string.ts'
import { wallClockMs } from '../../clock.ts'
import { PorticoError } from '../../failure.ts'
import { identityOnly, type Preference, preferredCodings } from '../../http/accept-encoding.ts'
import type { Cancellable, Exchange } from '../../http/exchange.ts'
import { joinedField } from '../../http/fields.ts'
import type { Log } from '../../log/log.ts'
import { errorAnswer } from '../failure.ts'
import type { Handler, Match } from '../handler.ts'
import { slashAnswer } from '../slash.ts'
import { answerFile, type HotPlace } from './file-answer.ts'
import { type FindOptions, type Found, findFile } from './find-file.ts'
import { findVariant, type Variant } from './find-variant.ts'
import { HotFiles, type HotMemory } from './hot-files.ts'
import { orderOf, readListing } from './listing.ts'
import { listingAnswer } from './listing-page.ts'
import { refusedName } from './name.ts'
import { closeQuietly, type OpenDirectory } from './open-file.ts'
import { answerFromMemory } from './requested-part.ts'
import { Root, type SymlinkRule } from './root.ts'
import type { ScriptPlace } from './script-place.ts'

/** The keys are those of `files` in portico.yaml, with their defaults applied. */
export interface FilesOptions {
  /** Absolute path of the directory; it need not exist yet. */
  readonly root: string
  readonly index: readonly string[]
  /** A path below the root that answers what does not exist, or null. */
  readonly fallback: string | null
  /** Serve names that start with a dot; `/.well-known/` always is. */
  readonly dotfiles: boolean
  readonly symlinks: SymlinkRule
  /** Answer directories that have no index with a page of what is in them. */
  readonly listing: boolean
  /** Neighbours .br, .zst and .gz stand for a file where the client takes them. */
  readonly precompressed: boolean
  /** max-age in seconds, or for ever; null sends no Cache-Control. */
  readonly cache: number | 'immutable' | null
  /** Not everybody may have them: caches that many share keep nothing. */
  readonly isPrivate?: boolean
  /** Media types by extension without the dot, sent as written. */
  readonly types: Readonly<Record<string, string>>
  /** What does not exist is passed on to who is asked next; otherwise it is 404. */
  readonly pass: boolean
  /** Real paths of files that nobody gets: the configuration, passwords, logs. */
  readonly hidden?: readonly string[]
  /** Where scripts lie that may lie below this root, too. */
  readonly scriptPlaces?: readonly ScriptPlace[]
}

interface Refusal {
  readonly status: 403 | 404
  readonly why: string
}

/** Where the fallback is kept, once for all that it answers; no path info is like that. */
const fallbackKey = '\0fallback'

/** One request on its way to the file system and back. */
class Way implements Cancellable, HotPlace {
  readonly files: HotFiles
  pathInfo: string
  readonly preference: Preference
  /** The client has gone meanwhile. */
  gone = false

  constructor(files: HotFiles, pathInfo: string, preference: Preference) {
    this.files = files
    this.pathInfo = pathInfo
    this.preference = preference
  }

  cancel(): void {
    this.gone = true
  }
}

/** A year is as long as anybody keeps anything; `immutable` spares the question whether it has changed on a reload. */
function cacheControl({ cache, isPrivate = false }: FilesOptions): string {
  if (cache === null) return ''
  const forWhom = isPrivate ? 'private, ' : ''
  return forWhom + (cache === 'immutable' ? 'max-age=31536000, immutable' : `max-age=${cache}`)
}

export class FilesHandler implements Handler {
  readonly kind = 'files'
  /** The methods it answers; every other is passed on. For Allow, when nobody else answers. */
  readonly methods: readonly string[] = ['GET', 'HEAD']
  readonly #root: Root
  readonly #find: FindOptions
  readonly #dotfiles: boolean
  readonly #passes: boolean
  readonly #precompressed: boolean
  readonly #cacheControl: string
  readonly #types: ReadonlyMap<string, string>
  readonly #log: Log
  readonly #now: () => number
  readonly #memory: HotMemory
  /** By the order of codings; one entry without precompressed. */
  readonly #hot = new Map<string, HotFiles>()

  constructor(options: FilesOptions, log: Log, memory: HotMemory, now: () => number = wallClockMs) {
    this.#root = new Root(options.root, options.symlinks, options.hidden, options.scriptPlaces)
    const fallback = options.fallback === null ? null : `/${byteString(options.fallback).replace(/^\/+/, '')}`
    this.#find = { index: options.index.map(byteString), fallback, listing: options.listing }
    this.#dotfiles = options.dotfiles
    this.#passes = options.pass
    this.#precompressed = options.precompressed
    this.#cacheControl = cacheControl(options)
    this.#types = new Map(Object.entries(options.types).map(([name, type]) => [name.toLowerCase(), type]))
    this.#log = log
    this.#now = now
    this.#memory = memory
  }

  answer(exchange: Exchange, match: Match): void {
    const { method } = exchange.head
    if (method !== 'GET' && method !== 'HEAD') {
      exchange.pass()
      return
    }
    const preference = this.#preference(exchange)
    const files = this.#hotFiles(preference)
    const hot = files.find(match.pathInfo, exchange.receivedMs)
    if (hot !== undefined) {
      exchange.respond(answerFromMemory(exchange.head, hot, this.#now))
      return
    }
    const why = refusedName(match.pathInfo, this.#dotfiles)
    // Scanners ask for dotfiles all day: whoever wants to see that sets the level to debug.
    if (why !== undefined) this.#refuse('debug', exchange, match, { status: 404, why })
    else this.#search(exchange, match, new Way(files, match.pathInfo, preference))
  }

  #hotFiles({ key }: Preference): HotFiles {
    const known = this.#hot.get(key)
    if (known !== undefined) return known
    const made = new HotFiles(this.#memory)
    this.#hot.set(key, made)
    return made
  }

  #search(exchange: Exchange, match: Match, way: Way): void {
    exchange.whenGone = way
    findFile(this.#root, this.#find, match.pathInfo, (found, byFallback) => {
      if (found.kind !== 'file' || byFallback) way.files.forget(way.pathInfo)
      if (byFallback) way.pathInfo = fallbackKey
      if (!way.gone) return this.#conclude(exchange, match, found, way)
      if (found.kind === 'file' || found.kind === 'listing') closeQuietly(found.fd)
      exchange.fail(new PorticoError('E_CLIENT_GONE'))
    })
  }

  #conclude(exchange: Exchange, match: Match, found: Found, way: Way): void {
    switch (found.kind) {
      case 'file':
        findVariant(this.#root, found, way.preference, (variant) => this.#send(exchange, variant, way))
        break
      case 'listing':
        void this.#list(exchange, match, found)
        break
      case 'redirect':
        exchange.respond(slashAnswer(exchange, match))
        break
      case 'missing':
        exchange.whenGone = undefined
        if (this.#passes) exchange.pass()
        else exchange.respond(errorAnswer(404, exchange.id))
        break
      case 'refused':
        this.#refuse('info', exchange, match, found)
        break
      case 'failed':
        exchange.fail(found.failure)
        break
      default:
        found satisfies never
    }
  }

  #preference({ head }: Exchange): Preference {
    return this.#precompressed ? preferredCodings(joinedField(head.fields, 'accept-encoding')) : identityOnly
  }

  #send(exchange: Exchange, variant: Variant, way: Way): void {
    const options = {
      cacheControl: this.#cacheControl,
      types: this.#types,
      negotiated: this.#precompressed,
      now: this.#now,
    }
    answerFile(exchange, variant, way, options, (result) => {
      // Also when the client has gone: an exchange that is over frees what the answer holds.
      if (result.kind === 'answer') exchange.respond(result.answer)
      else exchange.fail(way.gone ? new PorticoError('E_CLIENT_GONE') : result.failure)
    })
  }

  async #list(exchange: Exchange, match: Match, directory: OpenDirectory): Promise<void> {
    try {
      const listing = await readListing(this.#root, directory, this.#dotfiles)
      const path = match.scriptName + match.pathInfo
      exchange.respond(listingAnswer(path, listing, orderOf(exchange.query)))
    } catch (thrown) {
      exchange.fail(new PorticoError('E_FILE_UNREADABLE', undefined, { file: directory.name }, thrown))
    } finally {
      closeQuietly(directory.fd)
    }
  }

  #refuse(level: 'debug' | 'info', exchange: Exchange, match: Match, refusal: Refusal): void {
    const { status, why } = refusal
    const path = match.scriptName + match.pathInfo
    this.#log[level]('files.refused', { request: exchange.id, mount: match.mount, path, status, why })
    exchange.respond(errorAnswer(status, exchange.id))
  }
}
