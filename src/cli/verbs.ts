// The verbs of the command line (DESIGN section 5), and what to say about a word that is none of them.

import { suggest } from '../schema/suggest.ts'

const verbs = ['serve', 'check', 'help']
/** Decided, and not built yet. */
const laterVerbs = [
  'explain',
  'fastcgi',
  'scgi',
  'cgi',
  'init',
  'status',
  'ps',
  'stack',
  'kill',
  'logs',
  'reload',
  'stop',
]

export interface Advice {
  readonly message: string
  readonly hint: string
}

/** For a word where a verb, a directory, a configuration or an application may stand, and that is none of these. */
export function adviseOn(word: string, directory: string): Advice {
  if (laterVerbs.includes(word)) {
    return {
      message: `"portico ${word}" is not in this version of Portico yet`,
      hint: 'There are: portico serve, portico check. See: portico --help',
    }
  }
  if (word.includes('/')) {
    return {
      message: `"${word}" does not exist`,
      hint: 'Name a directory, a portico.yaml or module:callable',
    }
  }
  const near = suggest(word, verbs)
  const correction = near === undefined ? '' : `Did you mean "portico ${near}"? `
  return {
    message: `"${word}" is no verb, and nothing in "${directory}" has that name`,
    hint: `${correction}An application is named module:callable. See: portico --help`,
  }
}

/** For more words than `serve` takes. */
export function adviseOnExcess(words: readonly string[], directory: string): Advice {
  const [first = '', ...rest] = words
  if (laterVerbs.includes(first)) return adviseOn(first, directory)
  return {
    message: `"portico serve" takes one argument, but here are more: ${rest.map((word) => `"${word}"`).join(', ')}`,
    hint: 'Serve several things with a portico.yaml that has a mount for each',
  }
}
