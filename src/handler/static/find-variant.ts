// The neighbours of a file that hold the same in a content coding: a.js.br, a.js.zst, a.js.gz beside a.js. The file itself
// was found and may be served; a neighbour goes through the same checks, and is not taken when it is older.

import type { Coding, Preference } from '../../http/accept-encoding.ts'
import { closeQuietly, type OpenFile, openFile } from './open-file.ts'
import type { Root } from './root.ts'

/** A file to send, and the coding its octets are in. */
export interface Variant {
  readonly file: OpenFile
  readonly coding: Coding
  /** The name whose extension tells the media type: that of the file, not of its neighbour. */
  readonly name: string
}

const endings: Readonly<Record<Exclude<Coding, 'identity'>, string>> = {
  br: '.br',
  zstd: '.zst',
  gzip: '.gz',
}

/**
 * The variant that the client likes best. The file as it is where it takes none of them: an answer that it did not ask for is
 * worth more than none (RFC 9110 section 12.5.3), and may be compressed still. Takes over the open file.
 */
export function findVariant(
  root: Root,
  file: OpenFile,
  preference: Preference,
  done: (variant: Variant) => void,
): void {
  tryAt(root, file, preference, 0, done)
}

function tryAt(
  root: Root,
  file: OpenFile,
  preference: Preference,
  at: number,
  done: (variant: Variant) => void,
): void {
  const coding = preference.order[at]
  const { name } = file
  if (coding === undefined || coding === 'identity') {
    done({ file, coding: 'identity', name })
    return
  }
  openFile(root, name + endings[coding], (opened) => {
    if (opened.kind === 'file' && opened.stats.mtimeNs >= file.stats.mtimeNs) {
      closeQuietly(file.fd)
      return done({ file: opened, coding, name })
    }
    // Whatever is wrong with a neighbour: the file itself is right.
    if (opened.kind === 'file') closeQuietly(opened.fd)
    tryAt(root, file, preference, at + 1, done)
  })
}
