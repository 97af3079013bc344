// The verbs of the command line (DESIGN section 5), and what to say about a word that is none of them.

import { join, resolve } from 'node:path'
import { nearName, onDisk } from '../config/on-disk.ts'
import { suggest } from '../schema/suggest.ts'

const verbs = [
  'serve',
  'check',
  'cgi',
  'fastcgi',
  'scgi',
  'status',
  'ps',
  'stack',
  'kill',
  'logs',
  'reload',
  'stop',
  'help',
]
/** Decided, and not built yet. */
const laterVerbs = ['explain', 'init']

/** What other programs call it. */
const otherWords: Readonly<Record<string, string>> = {
  start: 'portico serve',
  run: 'portico serve',
  up: 'portico serve',
  runserver: 'portico serve',
  server: 'portico serve',
  daemon: 'portico serve',
  configtest: 'portico check',
  test: 'portico check',
  validate: 'portico check',
  verify: 'portico check',
  lint: 'portico check',
  config: 'portico check --print',
  show: 'portico check --print',
  version: 'portico --version',
}

export interface Advice {
  readonly message: string
  readonly hint: string
}

/** For a word where a verb, a directory, a configuration or an application may stand, and that is none of these. */
export function adviseOn(word: string, directory: string): Advice {
  if (laterVerbs.includes(word)) {
    return {
      message: `"portico ${word}" is not in this version of Portico yet`,
      hint: `There are: ${verbs.join(', ')}. See: portico --help`,
    }
  }
  const other = otherWords[word.toLowerCase()]
  if (other !== undefined) {
    return { message: `"${word}" is no verb of Portico`, hint: `Did you mean "${other}"?` }
  }
  const module = asModule(word, directory)
  if (module !== undefined) {
    return { message: `"${word}" names a module but no callable`, hint: `Did you mean "${module}"?` }
  }
  const near = nearName(resolve(directory, word), word)
  if (word.includes('/')) {
    const correction = near === undefined ? '' : `Did you mean "${near}"? `
    return {
      message: `"${word}" does not exist`,
      hint: `${correction}Name a directory, a portico.yaml or module:callable`,
    }
  }
  const verb = suggest(word, verbs)
  const meant = [...(verb === undefined ? [] : [`portico ${verb}`]), ...(near === undefined ? [] : [near])]
  const correction = meant.length > 0 ? `Did you mean ${meant.map((one) => `"${one}"`).join(' or ')}? ` : ''
  return {
    message: `"${word}" is no verb, and nothing in "${directory}" has that name`,
    hint: `${correction}An application is named module:callable. See: portico --help`,
  }
}

/** For a dotted module that is there: how its application is named. */
function asModule(word: string, directory: string): string | undefined {
  if (!/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(word)) return undefined
  const path = join(directory, ...word.split('.'))
  return onDisk(`${path}.py`) === 'file' ? `portico serve ${word}:application` : undefined
}

/** For more words than `serve` takes. */
export function adviseOnExcess(words: readonly string[], directory: string): Advice {
  const [first = '', ...rest] = words
  if (laterVerbs.includes(first) || otherWords[first] !== undefined) return adviseOn(first, directory)
  return {
    message: `"portico serve" takes one argument, but here are more: ${rest.map((word) => `"${word}"`).join(', ')}`,
    hint: 'Serve several things with a portico.yaml that has a mount for each',
  }
}

/** For more words than `check` takes. */
export function adviseOnFiles([, ...rest]: readonly string[]): Advice {
  return {
    message: `"portico check" takes one configuration at a time, but here are more: ${rest.map((word) => `"${word}"`).join(', ')}`,
    hint: 'Call it once for each; files that belong to one server stand in "include" of one of them, which checks all',
  }
}
