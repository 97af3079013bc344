// What the configuration says of a mount besides its handlers, made ready for requests. What is not set costs a comparison.

import type { Mount } from '../router/mount.ts'
import type { Access } from './access/access.ts'
import type { AnswerHeaders } from './answer-headers.ts'
import type { Compression } from './compress.ts'
import type { ErrorPages } from './error-pages.ts'
import type { Maintenance } from './maintenance.ts'
import type { RateLimit } from './rate-limit.ts'

export interface MountOptions {
  readonly rate?: RateLimit | undefined
  readonly access?: Access | undefined
  readonly maintenance?: Maintenance | undefined
  readonly errors?: ErrorPages | undefined
  readonly compress?: Compression | undefined
  readonly headers?: AnswerHeaders | undefined
}

export type GuardedMount = Mount & MountOptions
