// A directory as a page: names, sizes and dates, sorted by links. No script; light and dark as the reader has it.
// Names come from outside: everything that becomes HTML or a reference goes through the two functions at the end.

import { createHash } from 'node:crypto'
import type { Answer } from '../../http/exchange.ts'
import { type Listing, maxEntries, type Order, type SortKey, shownName, sorted } from './listing.ts'

const style = `
:root { color-scheme: light dark; --line: #d8dade; --soft: #62666d; --link: #0b57d0; --row: #f5f6f8 }
@media (prefers-color-scheme: dark) { :root { --line: #3a3d42; --soft: #a2a7b0; --link: #8ab4f8; --row: #26282c } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem }
h1 { font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere }
a { color: var(--link); text-decoration: none } a:hover, a:focus { text-decoration: underline }
table { width: 100%; border-collapse: collapse }
th { font-size: .875rem; font-weight: 600; text-align: left; border-bottom: 1px solid var(--line) }
th, td { padding: .3rem .6rem; vertical-align: top } tbody tr:hover { background: var(--row) }
.n { overflow-wrap: anywhere; white-space: pre-wrap; width: 100% }
.s, .d { color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap } .s { text-align: right }
p { color: var(--soft); font-size: .875rem }
@media (max-width: 30rem) { .d { display: none } }
`
const styleHash = createHash('sha256').update(style).digest('base64')
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`

const fields: readonly string[] = Object.freeze([
  ...['Content-Type', 'text/html; charset=utf-8'],
  // What is in a directory has no validator: times of directories do not change with the files in them.
  ...['Cache-Control', 'no-cache'],
  ...['Content-Security-Policy', policy],
  ...['X-Content-Type-Options', 'nosniff'],
])

/** @param path of the directory as the client sees it: a ByteString that starts and ends with a slash */
export function listingAnswer(path: string, { entries, isCut }: Listing, order: Order): Answer {
  const title = `Index of ${escapeText(shownName(path))}`
  const rows = sorted(entries, order).map(({ name, isDirectory, size, mtimeMs }) => {
    const slash = isDirectory ? '/' : ''
    const link = `<a href="${hrefOf(name)}${slash}"><bdi>${escapeText(shownName(name))}</bdi>${slash}</a>`
    const exact = isDirectory ? '' : ` title="${size} ${size === 1 ? 'byte' : 'bytes'}"`
    return row(link, `<td class="s"${exact}>${isDirectory ? '' : sizeOf(size)}`, dateOf(mtimeMs))
  })
  const up = path === '/' ? '' : row('<a href="../">../</a>', '<td class="s">', '')
  const note = isCut
    ? `<p>There are more entries than this page shows: these are ${maxEntries} of them.</p>\n`
    : entries.length === 0
      ? '<p>There is nothing here.</p>\n'
      : ''
  const text =
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title>\n` +
    `<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>${style}</style></head>\n` +
    `<body><h1>Index of ${crumbs(path)}</h1>\n<table><thead><tr>` +
    `${heading('name', 'n', 'Name', order)}${heading('size', 's', 'Size', order)}${heading('date', 'd', 'Modified', order)}` +
    `</tr></thead>\n<tbody>\n${up}${rows.join('')}</tbody></table>\n${note}</body></html>\n`
  return { status: 200, fields, body: Buffer.from(text) }
}

function row(link: string, size: string, date: string): string {
  return `<tr><td class="n">${link}</td>${size}</td><td class="d">${date}</td></tr>\n`
}

/** A link that sorts by this column, and the other way round when it does already. */
function heading(key: SortKey, column: string, text: string, order: Order): string {
  const isSorted = order.key === key
  const wanted = isSorted && !order.isDescending ? '&amp;order=desc' : ''
  const state = isSorted ? ` aria-sort="${order.isDescending ? 'descending' : 'ascending'}"` : ''
  const sign = isSorted ? (order.isDescending ? ' \u2193' : ' \u2191') : ''
  return `<th class="${column}"${state}><a href="?sort=${key}${wanted}">${text}</a>${sign}</th>`
}

/** The path with a link to each directory above; relative ones, which are right behind a proxy with a prefix as well. */
function crumbs(path: string): string {
  const names = path.split('/').slice(1, -1)
  const links = names.map((name, index) => {
    const above = names.length - 1 - index
    const text = `<bdi>${escapeText(shownName(name))}</bdi>`
    return above === 0 ? `${text}/` : `<a href="${'../'.repeat(above)}">${text}</a>/`
  })
  const top = names.length === 0 ? '/' : `<a href="${'../'.repeat(names.length)}">/</a>`
  return top + links.join('')
}

const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']

function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  let size = bytes / 1024
  let unit = 0
  while (size >= 1023.95 && unit < units.length - 1) {
    size /= 1024
    unit++
  }
  return `${size < 100 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`
}

/** To the minute, in UTC: the server cannot know the reader's clock. */
function dateOf(ms: number): string {
  const date = new Date(ms)
  if (Number.isNaN(date.getTime())) return ''
  const text = date.toISOString()
  return `<time datetime="${text.slice(0, 19)}Z" title="UTC">${text.slice(0, 10)} ${text.slice(11, 16)}</time>`
}

/** One name (a ByteString) as a segment of a relative reference: everything but unreserved characters is escaped. */
function hrefOf(name: string): string {
  return name.replace(/[^A-Za-z0-9\-._~]/g, (octet) => {
    return `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)
}
