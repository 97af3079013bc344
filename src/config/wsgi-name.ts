// How an application is named: module:callable, module:factory(), or the path of a Python file.
// Only the notation; whether the module can be imported is seen when a worker starts.

export type WsgiName =
  | { readonly kind: 'module' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'bad'; readonly why: string; readonly hint: string }

const name = '[A-Za-z_\\u0080-\\uffff][\\w\\u0080-\\uffff]*'
const dotted = `${name}(?:\\.${name})*`
const modulePattern = new RegExp(`^${dotted}:${dotted}(?:\\(\\))?$`)
const callablePattern = new RegExp(`^${dotted}(?:\\(\\))?$`)

/** Tells the three notations apart; the path of a file stays as it is written. */
export function parseWsgiName(written: string): WsgiName {
  if (modulePattern.test(written)) return { kind: 'module' }
  const colon = written.lastIndexOf(':')
  const path = colon > 0 && callablePattern.test(written.slice(colon + 1)) ? written.slice(0, colon) : written
  if (path.includes('/') || /\.(py|wsgi)$/.test(path)) return { kind: 'file', path }
  if (new RegExp(`^${dotted}$`).test(written)) {
    return {
      kind: 'bad',
      why: `"${written}" names a module but no callable`,
      hint: `Name the callable behind a colon, for example ${written}:application`,
    }
  }
  return {
    kind: 'bad',
    why: `"${written}" is not the name of an application`,
    hint: 'Write module:callable, module:factory() or the path of a file, for example shop.wsgi:application',
  }
}
