// A file that an application names in place of an output: X-Sendfile with a path, as Apache's mod_xsendfile and lighttpd
// know it, or X-Accel-Redirect with a location, as nginx does. Pure: what the name means, and whose fields count.

import { isUtf8 } from 'node:buffer'
import { posix } from 'node:path'
import { byteString } from '../../byte-string.ts'
import type { Fields } from '../../http/fields.ts'
import { normalizePath } from '../../http/path.ts'

export interface NamedFile {
  readonly field: 'x-sendfile' | 'x-accel-redirect'
  /** As the application wrote it, a ByteString. */
  readonly value: string
}

/**
 * Absolute paths for X-Sendfile, paths of locations for X-Accel-Redirect, the likelier first: ByteStrings without dot
 * segments.
 */
export type MeantPath =
  | { readonly kind: 'ok'; readonly paths: readonly string[] }
  | { readonly kind: 'bad'; readonly why: string }

export function meantPath({ field, value }: NamedFile): MeantPath {
  const text = inUtf8(value)
  if (field === 'x-accel-redirect') {
    const location = normalizePath(text.replace(/\?.*/s, '').replace(/%(?![0-9A-Fa-f]{2})/g, '%25'))
    return location.kind === 'bad' ? location : { kind: 'ok', paths: [location.path] }
  }
  // Decoded as Apache and lighttpd do, and as it stands, since frameworks write the name as it is; a percent sign that
  // begins no escape stands for itself, and a name may hold what no URI may.
  const decoded = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  )
  if (decoded.includes('\0')) return { kind: 'bad', why: 'the path holds a NUL' }
  if (!decoded.startsWith('/')) return { kind: 'bad', why: 'the path is not absolute' }
  return { kind: 'ok', paths: decoded === text ? [plain(text)] : [plain(decoded), plain(text)] }
}

function plain(path: string): string {
  return posix.normalize(path).replace(/^\/\//, '/')
}

/**
 * Frameworks put text into fields, which is ISO-8859-1 there (PEP 3333); names of files are UTF-8. Any other octets can be
 * named all the same, percent-encoded.
 */
function inUtf8(value: string): string {
  return isUtf8(Buffer.from(value, 'latin1')) ? value : byteString(value)
}

/** Said by the file: what an application says of its own, empty output would be wrong of other octets. */
const ofTheFile = new Set(['etag', 'last-modified', 'accept-ranges', 'content-range'])

/** The fields of the answer: those of the application, with what the file says of itself. */
export function mergedFields(application: Fields, file: Fields, hasContent: boolean): Fields {
  const fields: string[] = []
  for (let i = 0; i < application.length; i += 2) {
    const name = application[i] as string
    const lower = name.toLowerCase()
    // Its Content-Type is that of the file by now; without the file's content nothing is said about it (RFC 9110 section 15.4.5).
    const isOfContent = hasContent ? lower === 'content-type' : lower.startsWith('content-')
    if (!ofTheFile.has(lower) && !isOfContent) fields.push(name, application[i + 1] as string)
  }
  return [...fields, ...file]
}
