// What source_probe.py says about Python files: facts from their syntax, nothing was run.

export interface SourceBinding {
  readonly kind: 'call' | 'function' | 'async function' | 'class' | 'import' | 'other'
  /** Full dotted name of what is called, imported or assigned; null when it has none. */
  readonly of?: string | null
  /** Functions: arguments without a default, positional ones, whether there is a *args. */
  readonly needed?: number
  readonly positional?: number
  readonly variable?: boolean
}

export interface SourceFile {
  readonly file: string
  /** A syntax error, in which case there are no facts. */
  readonly error?: string
  readonly imports?: readonly string[]
  readonly bindings?: Readonly<Record<string, SourceBinding>>
  /** Calls that start a server: at import, below `if __name__ == '__main__'`, or in a function. */
  readonly calls?: readonly { readonly name: string; readonly where: 'import' | 'main' | 'function' }[]
}

export interface SourceReport {
  readonly executable: string
  readonly packages: Readonly<Record<string, boolean>>
  readonly files: readonly SourceFile[]
}
