// What detection gives: what a directory holds, why, and the configuration that serves it.

/** A target as portico.yaml spells it. */
export type DetectedTarget =
  | string
  | { readonly files: string; readonly symlinks?: 'any'; readonly scripts?: readonly string[] }
  | { readonly cgi: string }
  | {
      readonly fastcgi: {
        readonly command: readonly string[]
        readonly processes: { readonly min: number; readonly max: number }
      }
      readonly root: string
      readonly front?: string
    }

/** The part of a portico.yaml that detection writes; paths are relative to the directory where they lie in it. */
export interface DetectedConfiguration {
  /** Of a project of somebody else that root serves. */
  readonly user?: string
  readonly group?: string
  readonly applications?: Readonly<Record<string, DetectedApplication>>
  readonly mounts: Readonly<Record<string, readonly DetectedTarget[] | DetectedTarget>>
}

export interface DetectedApplication {
  readonly wsgi: string
  readonly python?: string
  readonly processes?: number
  readonly threads?: number
  readonly environment?: Readonly<Record<string, string>>
}

export interface Detection {
  readonly kind: 'django' | 'flask' | 'cherrypy' | 'wsgi' | 'php' | 'static' | 'cgi'
  /** What was decided and why, one line each, to be printed at start. */
  readonly steps: readonly string[]
  /** Equal to a portico.yaml in the directory. */
  readonly configuration: DetectedConfiguration
}

export type DetectionResult =
  | { readonly kind: 'found'; readonly detection: Detection }
  /** Nothing to serve: one line what is missing, further lines what was looked for and what to do. */
  | { readonly kind: 'nothing'; readonly message: string }
  /** Something is there, but it cannot be served as it is. `details` is a traceback or ''. */
  | { readonly kind: 'failed'; readonly message: string; readonly hint: string; readonly details: string }

/** The process environment, as far as detection reads it. */
export type Environment = Readonly<Record<string, string | undefined>>
