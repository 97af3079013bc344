// --reload (development): the failure of an application with everything its author needs to see, and its page.
// The only page of this server that shows text from inside; made only of failures that were revealed on purpose.

import { type FailureCode, PorticoError } from '../failure.ts'
import type { Answer } from '../http/exchange.ts'
import { firstField } from '../http/fields.ts'
import type { RequestHead } from '../http/head.ts'
import { reasonPhrase } from '../http/status.ts'
import type { CodeFailure } from '../process/messages.ts'
import { pageAnswer } from './page.ts'

/** A failure that its page explains. */
export class RevealedFailure extends PorticoError {
  readonly story: CodeFailure
  constructor(code: FailureCode, story: CodeFailure) {
    super(code)
    this.story = story
  }
}

/** A page for browsers, plain text for everybody else. */
export function revealingAnswer(
  failure: RevealedFailure,
  status: number,
  requestId: string,
  head: RequestHead,
): Answer {
  const html = wantsHtml(head)
  const title = `${status} ${reasonPhrase(status)}`
  const place = lastPlace(failure.story.traceback)
  const text = html
    ? page(title, failure.story, place, requestId)
    : plain(title, failure.story, place, requestId)
  const type = html ? 'text/html' : 'text/plain'
  return { ...pageAnswer({ status, type, text, requestId }), errorPage: 'fixed' }
}

/** The client names HTML: browsers do, programs and command line tools do not. */
export function wantsHtml(head: RequestHead): boolean {
  return (firstField(head.fields, 'accept') ?? '').toLowerCase().includes('text/html')
}

/** A person looks: a page is asked for, not a part of one nor an answer for a script (Fetch Metadata). */
export function isNavigation(head: RequestHead): boolean {
  if (head.method !== 'GET' && head.method !== 'HEAD') return false
  const mode = firstField(head.fields, 'sec-fetch-mode')
  return mode === undefined ? wantsHtml(head) : mode === 'navigate'
}

/** 'shop/views.py:7' of the innermost frame; '' when the traceback names none. */
export function lastPlace(traceback: string): string {
  // A crash of the interpreter is told with the innermost frame first, in one of many threads.
  const crash = traceback.indexOf('Current thread')
  const frames = [...traceback.slice(Math.max(0, crash)).matchAll(/^ *File "(.+)", line (\d+)/gm)]
  const last = crash < 0 ? frames.at(-1) : frames[0]
  return last === undefined ? '' : `${last[1]}:${last[2]}`
}

function plain(title: string, story: CodeFailure, place: string, requestId: string): string {
  const { headline, message, hint, traceback } = story
  const parts = [title, headline, place, message, hint, traceback.trimEnd(), `Request id: ${requestId}`]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function page(title: string, story: CodeFailure, place: string, requestId: string): string {
  const { headline, message, hint, traceback } = story
  const element = (name: string, text: string) =>
    text === '' ? '' : `<${name}>${escapeHtml(text)}</${name}>\n`
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title>\n<style>${style}</style></head>\n` +
    `<body><h1>${title}</h1>\n${element('h2', headline)}${element('h3', place)}${element('p', message)}${element('p', hint)}` +
    `${element('pre', traceback)}<p>Request id: <code>${requestId}</code></p></body></html>\n`
  )
}

const style =
  'body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}' +
  'h3{font-family:ui-monospace,monospace}p{white-space:pre-wrap}' +
  'pre{background:#f4f1ea;color:#222;padding:1rem;overflow:auto;line-height:1.4}'

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '')
}
