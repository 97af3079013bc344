// Chromium without a window, and a page that remembers everything that went wrong on it.

import { type Browser, chromium, type Page } from 'playwright-core'

const executablePath = '/usr/bin/chromium'
const startMs = 30_000
/** Deadline of every wait on a page. */
const waitMs = 15_000

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: startMs })
}

export interface WatchedPage {
  readonly page: Page
  /** Requests without an answer, answers of 400 and above, errors on the console and in scripts. */
  readonly troubles: readonly string[]
}

/** A page with cookies of its own. */
export async function openPage(browser: Browser): Promise<WatchedPage> {
  const page = await browser.newPage()
  page.setDefaultTimeout(waitMs)
  const troubles: string[] = []
  page.on('requestfailed', (request) => {
    troubles.push(`${request.method()} ${request.url()}: ${request.failure()?.errorText ?? 'failed'}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.url()}: ${response.status()}`)
  })
  page.on('console', (message) => {
    // Chromium asks for an icon that no page names, once for each browser and host.
    if (message.type() !== 'error' || message.location().url.endsWith('/favicon.ico')) return
    troubles.push(`console: ${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', (error) => troubles.push(`script: ${error.message}`))
  return { page, troubles }
}

/** A computed style of the first element that matches. */
export function styleOf(page: Page, selector: string, property: string): Promise<string> {
  // The body of the function runs in the browser, whose types are not those of this program.
  return page
    .locator(selector)
    .first()
    .evaluate((element, name) => {
      const view = globalThis as unknown as {
        getComputedStyle(of: unknown): { getPropertyValue(name: string): string }
      }
      return view.getComputedStyle(element).getPropertyValue(name)
    }, property)
}
