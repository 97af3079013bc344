// Media types by file extension (RFC 9110 section 8.3): the table of mrmime, what it lacks, and the charset of text.
// Nobody looks into files: an extension without a type is application/octet-stream, which browsers download.

import { mimes } from 'mrmime'

const additions: Readonly<Record<string, string>> = {
  '7z': 'application/x-7z-compressed',
  apk: 'application/vnd.android.package-archive',
  bz2: 'application/x-bzip2',
  cjs: 'text/javascript',
  deb: 'application/vnd.debian.binary-package',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  eot: 'application/vnd.ms-fontobject',
  flac: 'audio/flac',
  ico: 'image/vnd.microsoft.icon',
  m3u8: 'application/vnd.apple.mpegurl',
  m4v: 'video/mp4',
  mkv: 'video/matroska',
  odp: 'application/vnd.oasis.opendocument.presentation',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
  odt: 'application/vnd.oasis.opendocument.text',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  tar: 'application/x-tar',
  tgz: 'application/gzip',
  vcf: 'text/vcard',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  xz: 'application/x-xz',
  zst: 'application/zstd',
}

/** XML names its encoding itself and a charset in the field would overrule it (RFC 7303 section 3); JSON has none. */
function withCharset(type: string): string {
  return type.startsWith('text/') && type !== 'text/xml' ? `${type}; charset=utf-8` : type
}

// A Map, not the object itself: an extension such as 'constructor' must find nothing.
const types = new Map(
  Object.entries({ ...mimes, ...additions }).map(([name, type]) => [name, withCharset(type)]),
)

/** Types by extension, in lower case without the dot. */
export type TypeOverrides = ReadonlyMap<string, string>

/** The Content-Type for a path or file name; overrides win and are sent as they are written. */
export function mediaType(path: string, overrides?: TypeOverrides): string {
  const dot = path.lastIndexOf('.')
  const unknown = 'application/octet-stream'
  if (dot <= path.lastIndexOf('/') + 1) return unknown
  const extension = path.slice(dot + 1).toLowerCase()
  return overrides?.get(extension) ?? types.get(extension) ?? unknown
}
