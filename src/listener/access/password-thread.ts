// The thread that hashes passwords: one after the other, so that guesses take at most one core and never the main thread.

import { parentPort } from 'node:worker_threads'
import type { PasswordQuestion } from './password-check.ts'
import { hasHash } from './password-hash.ts'

parentPort?.on('message', ({ password, hash }: PasswordQuestion) => {
  parentPort?.postMessage(hasHash(password, hash))
})
