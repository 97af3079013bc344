// What runs, as a table at start: listeners, mounts, gateway, backend. Pure.

import type { Application, Effective, Listen, Service, Target } from '../config/effective.ts'
import { programVersion } from '../server/version.ts'

const reloadLine =
  'changed Python files and templates start the new code; pages show tracebacks: for development only'

/** Lines for people; columns are padded to the widest entry. */
export function startTable(effective: Effective, addresses: readonly string[], reload: boolean): string[] {
  const rows: string[][] = []
  for (const site of effective.sites) {
    const prefix = site.hosts.length === 0 ? '' : site.hosts.join(',')
    for (const mount of site.mounts) {
      if (mount.base !== null) rows.push([prefix + mount.prefix, 'options', `of a part of ${mount.base}`, ''])
      for (const [i, target] of mount.targets.entries()) {
        rows.push([i === 0 ? prefix + mount.prefix : '', ...describeTarget(target, effective.applications)])
      }
    }
  }
  return [
    `portico ${programVersion()}   node ${process.versions.node}   pid ${process.pid}   ${effective.origin}`,
    ...addresses.map((address, i) => `listen   ${address}${behindProxy(effective.listen[i])}`),
    ...columns(rows).map((line) => `mount    ${line}`),
    ...columns(effective.services.map(describeService)).map((line) => `service  ${line}`),
    ...(reload ? [`reload   ${reloadLine}`] : []),
  ]
}

/** Whoever tries it with a browser would see the connection closed. */
function behindProxy(listen: Listen | undefined): string {
  return listen?.proxy_protocol === true ? '   PROXY protocol, from trusted proxies' : ''
}

function describeTarget(target: Target, applications: readonly Application[]): string[] {
  switch (target.kind) {
    case 'files': {
      const { scripts } = target
      return ['files', target.root, scripts.length === 0 ? '' : `${scripts.join(' ')} are CGI scripts`]
    }
    case 'redirect':
      return ['redirect', `${target.status} ${target.location}`, '']
    case 'application': {
      const application = applications.find(({ name }) => name === target.application)
      if (application === undefined) return ['wsgi', target.application, '']
      const { wsgi, mode, processes, processes_min: min, threads, python } = application
      const many =
        min < processes
          ? `${min} to ${counted(processes, 'process', 'es')}`
          : counted(processes, 'process', 'es')
      const inside = `embedded in the HTTP process, ${counted(threads, 'thread', 's')}, ${python}`
      const each = `cgi, ${counted(processes * threads, 'process', 'es')} at once, ${python}`
      if (mode === 'cgi') return ['wsgi', wsgi, each]
      const beside = `${mode}, ${many} x ${counted(threads, 'thread', 's')}, ${python}`
      return ['wsgi', wsgi, mode === 'embedded' ? inside : beside]
    }
    case 'cgi': {
      const launcher = applications.find(({ name }) => name === target.application)
      return ['cgi', target.path, launcher === undefined ? '' : describeLauncher(launcher, target.is)]
    }
    default:
      return target satisfies never
  }
}

function describeLauncher({ threads, launcher }: Application, is: 'directory' | 'script'): string {
  const warm = launcher?.warm === false || is === 'script' ? '' : ', those of Python warm'
  return `${counted(threads, 'script', 's')} at once${warm}`
}

function describeService({ name, command }: Service): string[] {
  return [name, command.join(' '), '']
}

function counted(count: number, noun: string, plural: string): string {
  return `${count} ${noun}${count === 1 ? '' : plural}`
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('   ')
      .trimEnd(),
  )
}
