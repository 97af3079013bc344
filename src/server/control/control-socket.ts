// The control socket of a running server: who may connect may stop it, so its file is its owner's alone from the first
// moment. One that a dead server left behind is replaced; where one answers, another server is at work.

import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { examineSocketFile, removeSocketFile, socketPathBytes, withMode } from '../../process/socket-file.ts'
import type { StartProblem } from '../start-problem.ts'
import { programVersion } from '../version.ts'
import { Conversation } from './conversation.ts'
import type { ControlRequest } from './protocol.ts'

/** Connections at the same time; people and their scripts need few. */
const mostConnections = 32
const socketMode = 0o600

export function controlSocketPath(runtime: string): string {
  return join(runtime, 'control.sock')
}

/** Another server that is at work in this directory; undefined when there is none. */
export async function anotherServer(runtime: string): Promise<StartProblem | undefined> {
  const path = controlSocketPath(runtime)
  if ((await examineSocketFile(path)).kind !== 'live') return undefined
  return {
    message: `This project is being served already: a server answers on its control socket "${path}"`,
    hint: 'Stop it with "portico stop", or choose another directory with runtime:',
  }
}

/** What keeps a socket from being made at this path. */
async function obstacle(path: string): Promise<string | undefined> {
  const octets = Buffer.byteLength(path)
  if (octets > socketPathBytes) return `the path has ${octets} of at most ${socketPathBytes} bytes`
  const found = await examineSocketFile(path)
  if (found.kind === 'live') return 'another server answers there'
  return found.kind === 'foreign' ? found.why : undefined
}

export type Answerer = (request: ControlRequest, conversation: Conversation) => Promise<void>

export class ControlSocket {
  readonly #answer: Answerer
  readonly #failed: (error: unknown) => void
  readonly #conversations = new Set<Conversation>()
  #server: Server

  /** @param failed told of faults of ours */
  constructor(answer: Answerer, failed: (error: unknown) => void) {
    this.#answer = answer
    this.#failed = failed
    this.#server = this.#create()
  }

  /** Resolves when it listens, or with what is in the way. */
  async open(runtime: string): Promise<StartProblem | undefined> {
    const path = controlSocketPath(runtime)
    const problem = (why: string): StartProblem => ({
      message: `Cannot listen on the control socket "${path}": ${why}`,
      hint: 'Remove it, or choose another directory with runtime:',
    })
    const why = await obstacle(path)
    if (why !== undefined) return problem(why)
    removeSocketFile(path)
    return new Promise((resolve) => {
      // For good: what goes wrong with one connection later is that one's affair.
      this.#server.on('error', (error) => resolve(problem(error.message)))
      withMode(socketMode, () => this.#server.listen(path, () => resolve(undefined)))
    })
  }

  /** Somebody has removed the socket: makes it again. Conversations go on. */
  reopen(runtime: string): Promise<StartProblem | undefined> {
    // Closing removes a file of that name, so it comes first.
    this.#server.close()
    this.#server = this.#create()
    return this.open(runtime)
  }

  /** Removes the socket at once. Whoever waits for the end of the server goes on waiting. */
  close(): void {
    this.#server.close()
    for (const conversation of this.#conversations) conversation.close()
  }

  #create(): Server {
    const server = createServer((socket) => this.#accept(socket))
    server.maxConnections = mostConnections
    return server
  }

  #accept(socket: Socket): void {
    const conversation = new Conversation(socket, (parsed) => {
      if (parsed.kind === 'ok') void this.#begin(parsed.request, conversation)
      else {
        conversation.send({ kind: 'error', message: parsed.message })
        conversation.end(1)
      }
    })
    this.#conversations.add(conversation)
    conversation.onGone(() => this.#conversations.delete(conversation))
    conversation.send({ kind: 'hello', version: programVersion(), pid: process.pid })
  }

  async #begin(request: ControlRequest, conversation: Conversation): Promise<void> {
    try {
      await this.#answer(request, conversation)
    } catch (error) {
      // A fault in one answer must not cost the server.
      this.#failed(error)
      conversation.send({ kind: 'error', message: error instanceof Error ? error.message : String(error) })
      conversation.end(1)
    }
  }
}
