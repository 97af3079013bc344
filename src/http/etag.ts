// Entity tags (RFC 9110 sections 8.8.3, 13.1.1 and 13.1.2): made from what the file system says of a file, listed and compared.
// What a match leads to is conditional.ts.

/** What tells one state of a file from another. */
export interface FileState {
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly ino: bigint
}

/**
 * A strong tag. The inode tells a file that was replaced by renaming, the nanoseconds one that was rewritten within the
 * second, and the time of the last change of any kind one whose time of modification was set back afterwards, as copies
 * do that keep times. A rewrite in place, of the same size and within one tick of the kernel's clock (4 ms), stays unseen.
 */
export function fileEtag({ ino, size, mtimeNs, ctimeNs }: FileState): string {
  return `"${ino.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}-${(ctimeNs - mtimeNs).toString(36)}"`
}

/** The value of If-Match or If-None-Match. */
export type EntityTags =
  | { readonly kind: 'any' }
  | { readonly kind: 'tags'; readonly tags: readonly string[] }
  | { readonly kind: 'bad' }

const element = /[ \t]*(?:((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(?:,|$)/y

/** Parses `*` or a list of tags (each as written, with its quotes and `W/`); empty elements are allowed. */
export function parseEntityTags(value: string): EntityTags {
  if (value.trim() === '*') return { kind: 'any' }
  const tags: string[] = []
  let at = 0
  while (at < value.length) {
    element.lastIndex = at
    const found = element.exec(value)
    if (found === null) return { kind: 'bad' }
    if (found[1] !== undefined) tags.push(found[1])
    at = element.lastIndex
  }
  return tags.length === 0 ? { kind: 'bad' } : { kind: 'tags', tags }
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag
}

/** Weak comparison: the same opaque tag, weak or strong. */
export function equalWeakly(a: string, b: string): boolean {
  return opaque(a) === opaque(b)
}

/** Strong comparison: the same opaque tag and neither is weak. */
export function equalStrongly(a: string, b: string): boolean {
  return a === b && !a.startsWith('W/')
}
