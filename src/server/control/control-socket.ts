// The control socket of a running server: who may connect may stop it, so its file is its owner's alone from the first
// moment. One that a dead server left behind is replaced; where one answers, another server is at work.

import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import {
  examineSocketFile,
  removeSocketFile,
  socketPathBytes,
  withMode,
} from '../../process/socket/socket-file.ts'
import type { StartProblem } from '../start-problem.ts'
import { programVersion } from '../version.ts'
import { Conversation } from './conversation.ts'
import type { ControlRequest } from './protocol.ts'

/** Connections at the same time, but for those that follow the logs; people and their scripts need few. */
const mostConnections = 32
/** Connections that follow the logs: they last, and must not keep others from asking. */
const mostFollowers = 32
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
  /** The oldest first. */
  readonly #conversations = new Set<Conversation>()
  readonly #followers = new Set<Conversation>()
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
    return createServer((socket) => this.#accept(socket))
  }

  #accept(socket: Socket): void {
    if (!this.#hasRoom()) {
      socket.destroy()
      return
    }
    const conversation = new Conversation(socket, (parsed) => {
      if (parsed.kind === 'ok') void this.#begin(parsed.request, conversation)
      else {
        conversation.send({ kind: 'error', message: parsed.message })
        conversation.end(1)
      }
    })
    this.#conversations.add(conversation)
    conversation.onGone(() => this.#forget(conversation))
    conversation.send({ kind: 'hello', version: programVersion(), pid: process.pid })
  }

  /** Whoever has said nothing for the longest time goes when there is none. */
  #hasRoom(): boolean {
    if (this.#conversations.size - this.#followers.size < mostConnections) return true
    for (const conversation of this.#conversations) {
      if (conversation.hasAsked) continue
      this.#forget(conversation)
      conversation.close()
      return true
    }
    return false
  }

  #forget(conversation: Conversation): void {
    this.#conversations.delete(conversation)
    this.#followers.delete(conversation)
  }

  /** False, and the conversation is over, when too many follow already. */
  #mayFollow(conversation: Conversation): boolean {
    if (this.#followers.size < mostFollowers) {
      this.#followers.add(conversation)
      return true
    }
    const message = `${mostFollowers} connections follow the logs already, and there cannot be more; end one of them`
    conversation.send({ kind: 'error', message })
    conversation.end(1)
    return false
  }

  async #begin(request: ControlRequest, conversation: Conversation): Promise<void> {
    if (request.verb === 'logs' && request.follow && !this.#mayFollow(conversation)) return
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
