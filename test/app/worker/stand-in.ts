// What tests of src/process share: the stand-in workers of this folder, a log that remembers, waits with a deadline.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Facts } from '../../../src/failure.ts'
import type { EventName } from '../../../src/log/events.ts'
import type { Log } from '../../../src/log/log.ts'
import type { ApplicationSpec, WorkerPlace } from '../../../src/process/application-spec.ts'

let found: string | undefined

/** The real interpreter, not a shim that starts it. */
export function python(): string {
  found ??= execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim()
  return found
}

export function standIn(name: string): string {
  return new URL(`./${name}.py`, import.meta.url).pathname
}

/** Of an application that never wears out. */
export const limits = {
  startup_time: 20_000,
  deadlock_time: 0,
  drain_time: 20_000,
  stop_time: 5000,
  requests: 0,
  memory: 0,
  age: 0,
  idle_time: 0,
}

export function application(change: Partial<ApplicationSpec> = {}): ApplicationSpec {
  return {
    name: 'shop',
    wsgi: 'shop.wsgi:application',
    directory: '/',
    python: python(),
    processes: 1,
    processes_min: change.processes ?? 1,
    threads: 4,
    preload: false,
    user: null,
    group: null,
    environment_file: null,
    environment: { PYTHONDONTWRITEBYTECODE: '1' },
    launcher: null,
    program: null,
    health: null,
    limits,
    ...change,
  }
}

export function place(worker: string, change: Partial<WorkerPlace> = {}): WorkerPlace {
  return {
    packagePath: standIn(worker),
    launcherPath: '/nonexistent',
    socketDirectory: temporaryDirectory(),
    socketMode: 0o600,
    serverSoftware: 'Portico/test',
    inherited: { PATH: process.env.PATH },
    identity: null,
    ...change,
  }
}

/** Gone when the test has finished. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'portico-process-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export interface LogEntry {
  readonly event: EventName
  readonly facts: Facts
  readonly text: string
}

export interface RecordingLog extends Log {
  readonly entries: LogEntry[]
}

export function recordingLog(): RecordingLog {
  const entries: LogEntry[] = []
  const write = (event: EventName, facts: Facts = {}, text = ''): void => {
    entries.push({ event, facts, text })
  }
  return { entries, debug: write, info: write, warn: write, error: write }
}

/** Waits until `condition` gives something other than undefined and false. */
export async function until<T>(
  condition: () => T | undefined | false,
  what: string,
  ms = 15_000,
): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    const value = condition()
    if (value !== undefined && value !== false) return value
    if (performance.now() > end) throw new Error(`Waited ${ms} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** False for a zombie too: who adopts orphans in a container may never reap them. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
