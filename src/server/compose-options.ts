// From the options of sites and mounts to what requests meet of them. What mounts have in common they share.

import type {
  Access as AccessSettings,
  AccessUsers,
  Compress,
  Maintenance as MaintenanceSettings,
  Mount,
  Options,
  Rate,
  RewriteRule,
  Site,
} from '../config/effective.ts'
import type { UntrustedPeers } from '../gateway/untrusted-peers.ts'
import { NobodyHandler } from '../handler/nobody.ts'
import { PageFile } from '../handler/page-file.ts'
import { Access, AddressList, type Users } from '../listener/access/access.ts'
import { threadedCheck } from '../listener/access/password-check.ts'
import { PasswordQueue } from '../listener/access/password-queue.ts'
import { UsersFile } from '../listener/access/users-file.ts'
import { AnswerHeaders } from '../listener/answer-headers.ts'
import { Compression } from '../listener/compress.ts'
import { ErrorPages } from '../listener/error-pages.ts'
import { Maintenance } from '../listener/maintenance.ts'
import type { GuardedMount, MountOptions } from '../listener/mount-options.ts'
import { RateLimit } from '../listener/rate-limit.ts'
import type { Log } from '../log/log.ts'
import { Rewrite } from '../router/rewrite.ts'
import { passwordThread } from './package-path.ts'

export type OptionsOfMount = MountOptions & Pick<GuardedMount, 'rewrite'>

/** What counts for the mounts of a site. */
interface SiteOptions {
  readonly rate?: RateLimit | undefined
  readonly compress?: Compression | undefined
}

export class OptionComposer {
  readonly #log: Log
  readonly #untrusted: UntrustedPeers
  readonly #ofMounts = new Map<Mount, OptionsOfMount>()
  readonly #accesses = new Map<string, Access>()
  readonly #pages = new Map<string, PageFile>()
  readonly #usersFiles = new Map<string, UsersFile>()
  #passwords: PasswordQueue | undefined

  constructor(log: Log, untrusted: UntrustedPeers) {
    this.#log = log
    this.#untrusted = untrusted
  }

  ofSite({ rate, compress }: Site): SiteOptions {
    return { rate: this.#rateLimit(rate), compress: compressionOf(compress) }
  }

  /**
   * Once for each mount: asked again, what it has is what it was.
   * @param above of the site, or of the mount in whose place it stands
   */
  ofMount(mount: Mount, above: SiteOptions): OptionsOfMount {
    const known = this.#ofMounts.get(mount)
    if (known !== undefined) return known
    const made = {
      rate: mount.rate === null ? above.rate : this.#rateLimit(mount.rate),
      compress: mount.compress === null ? above.compress : compressionOf(mount.compress),
      rewrite: rewriteOf(mount.rewrite),
      ...this.#options(mount),
    }
    this.#ofMounts.set(mount, made)
    return made
  }

  /** The options of a site count for all its paths, also where it mounts nothing. */
  nobody(site: Site, { rate, compress }: SiteOptions): GuardedMount[] {
    const isMounted = site.mounts.some(({ prefix, targets }) => prefix === '/' && targets.length > 0)
    const options = { rate, compress, ...this.#options(site) }
    const hasOptions = Object.values(options).some((option) => option !== undefined)
    return isMounted || !hasOptions ? [] : [{ prefix: '/', handlers: [new NobodyHandler()], ...options }]
  }

  #options({ access, headers, errors, maintenance }: Options): MountOptions {
    return {
      access: access === false ? undefined : this.#access(access),
      headers: Object.keys(headers).length === 0 ? undefined : new AnswerHeaders(headers),
      errors: Object.keys(errors).length === 0 ? undefined : this.#errorPages(errors),
      maintenance: maintenance === false ? undefined : this.#maintenance(maintenance),
    }
  }

  #maintenance({ allow, page, retry_after }: MaintenanceSettings): Maintenance {
    const file = page === null ? undefined : this.#page(page)
    return new Maintenance(new AddressList(allow), file, Math.ceil(retry_after / 1000))
  }

  #errorPages(errors: Options['errors']): ErrorPages {
    return new ErrorPages(new Map(Object.entries(errors).map(([status, path]) => [status, this.#page(path)])))
  }

  #page(path: string): PageFile {
    const page = this.#pages.get(path) ?? new PageFile(path, this.#log)
    this.#pages.set(path, page)
    return page
  }

  /** Mounts with the same settings have the same access: who passes from one to the other is not asked again. */
  #access(settings: AccessSettings): Access {
    const key = JSON.stringify(settings)
    const known = this.#accesses.get(key)
    if (known !== undefined) return known
    const access = new Access(settings, this.#users(settings.users), this.#log, this.#untrusted)
    this.#accesses.set(key, access)
    return access
  }

  #users(users: AccessUsers | null): Users | undefined {
    if (users === null) return undefined
    this.#passwords ??= new PasswordQueue(threadedCheck(passwordThread))
    const file = this.#usersFiles.get(users.file) ?? new UsersFile(users.file, this.#passwords, this.#log)
    this.#usersFiles.set(users.file, file)
    return { file, realm: users.realm }
  }

  #rateLimit(rate: Rate | false | null): RateLimit | undefined {
    return rate === null || rate === false ? undefined : new RateLimit(rate, this.#log)
  }
}

function compressionOf(compress: Compress | false | null): Compression | undefined {
  return compress === null || compress === false ? undefined : new Compression(compress)
}

export function rewriteOf(rules: readonly RewriteRule[]): Rewrite | undefined {
  return rules.length === 0 ? undefined : new Rewrite(rules)
}
