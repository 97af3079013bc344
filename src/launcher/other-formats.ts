// Formats of programs that the kernel was told about (binfmt_misc): files that no "#!" line and no ELF head makes programs,
// such as those for another processor that an emulator runs.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Format {
  /** @param head the first octets of the file, a ByteString */
  takes(path: string, head: string): boolean
}

export function otherFormats(directory = '/proc/sys/fs/binfmt_misc'): readonly Format[] {
  try {
    const names = readdirSync(directory).filter((name) => name !== 'register' && name !== 'status')
    return names.flatMap((name) => parseFormat(readFileSync(join(directory, name), 'latin1')) ?? [])
  } catch {
    return []
  }
}

/** Of the text that the kernel shows; undefined of one that is switched off. */
export function parseFormat(text: string): Format | undefined {
  const lines = text.split('\n')
  if (lines[0] !== 'enabled') return undefined
  const fieldOf = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1)
  const ending = fieldOf('extension')
  if (ending !== undefined) return { takes: (path) => path.endsWith(ending) }
  const magic = fieldOf('magic')
  if (magic === undefined) return undefined
  const offset = Number(fieldOf('offset') ?? 0)
  const wanted = Buffer.from(magic, 'hex')
  const mask = Buffer.from(fieldOf('mask') ?? '', 'hex')
  return {
    takes: (_, head) =>
      wanted.every((octet, i) => ((head.charCodeAt(offset + i) ^ octet) & (mask[i] ?? 0xff)) === 0) &&
      head.length >= offset + wanted.length,
  }
}
