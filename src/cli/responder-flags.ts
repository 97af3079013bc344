// The flags of `portico fastcgi` and `portico scgi`: what they mean, and what is wrong with them.

import { fstatSync } from 'node:fs'
import type { Listen } from '../config/effective.ts'
import { findGroup } from '../process/identity/user.ts'
import { isSnippetKind, snippetKinds } from './snippet/snippet.ts'

export type Protocol = 'fastcgi' | 'scgi'

export interface ResponderFlags {
  readonly bind?: string | undefined
  readonly config?: string | undefined
  readonly directory?: string | undefined
  readonly python?: string | undefined
  readonly processes?: string | undefined
  readonly threads?: string | undefined
  readonly queue?: string | undefined
  readonly scriptName?: string | undefined
  readonly socketMode?: string | undefined
  readonly socketOwner?: string | undefined
  readonly socketGroup?: string | undefined
  readonly user?: string | undefined
  readonly snippet?: string | undefined
}

/** Group of the servers that call it, on Debian. */
const usualGroup = 'www-data'

/** What the configuration says of an application, and the command line only without one. */
const inConfiguration = ['directory', 'python', 'user'] as const

/** What is wrong and what to do; undefined when nothing is. */
export function wrongFlags(protocol: Protocol, flags: ResponderFlags): string | undefined {
  const { bind, config, snippet: kind, scriptName, queue, socketMode } = flags
  const told = config === undefined ? undefined : inConfiguration.find((flag) => flags[flag] !== undefined)
  if (told !== undefined)
    return `--${told} has no effect beside --config, where the application has its own\n  Leave it out, and write it in "${config}"`
  if (kind !== undefined && !isSnippetKind(kind))
    return `"${kind}" is none of ${snippetKinds.join(', ')}\n  Write for example --snippet nginx`
  if (kind !== undefined && bind === undefined)
    return '--snippet needs --bind as well\n  Write for example --bind unix:/run/shop.sock'
  if (kind === undefined && bind === undefined && !hasSocket()) {
    const who = protocol === 'fastcgi' ? ', as spawn-fcgi and mod_fcgid do it' : ''
    return `nobody has handed it a socket${who} (descriptor 0 is none)\n  Name one: --bind unix:/run/shop.sock, or --bind 127.0.0.1:9000`
  }
  if (scriptName !== undefined && !/^(?:\/[\x21-\x7e]*)?$/.test(scriptName))
    return `"${scriptName}" is no path\n  Write for example --script-name /shop`
  if (queue !== undefined && !/^\d{1,6}$/.test(queue))
    return `"${queue}" is not a whole number\n  Write for example --queue 500`
  if (socketMode !== undefined && !/^0?[0-7]{3}$/.test(socketMode))
    return `"${socketMode}" is not the mode of a file\n  Write it as chmod takes it: --socket-mode 0660`
  return undefined
}

function hasSocket(): boolean {
  try {
    return fstatSync(0).isSocket()
  } catch {
    return false
  }
}

/** Null leaves the names as the other server says them. */
export function scriptNameOf({ scriptName }: ResponderFlags): string | null {
  return scriptName === undefined ? null : scriptName.replace(/\/+$/, '')
}

/** Whoever can connect can claim to be anybody (REMOTE_USER), so a file is not for all users of the machine. */
export function socketOf(
  listen: Listen | undefined,
  { socketMode, socketOwner, socketGroup }: ResponderFlags,
): Listen | undefined {
  if (listen?.kind !== 'unix') return listen
  const isRoot = process.getuid?.() === 0
  const usual = isRoot && findGroup(usualGroup).kind === 'ok' ? usualGroup : null
  return {
    ...listen,
    mode: Number.parseInt(socketMode ?? '0660', 8),
    owner: socketOwner ?? null,
    group: socketGroup ?? usual,
  }
}
