// What runs, as a table at start: listeners, mounts, gateway, backend. Pure.

import { addressText } from '../backend/external/address.ts'
import type { Application, Effective, GatewayTarget, Listen, Service, Target } from '../config/effective.ts'
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
        rows.push([i === 0 ? prefix + mount.prefix : '', ...describeTarget(target, effective)])
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

function describeTarget(target: Target, effective: Effective): string[] {
  const { applications } = effective
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
      const { wsgi, mode, processes, threads, python } = application
      const many = manyProcesses(application)
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
    case 'gateway':
      return describeGateway(target, effective)
    default:
      return target satisfies never
  }
}

function describeGateway(target: GatewayTarget, { applications, externals }: Effective): string[] {
  const { wire, application, scripts } = target
  const where = scripts === null ? '' : `, ${scripts.endings.join(' ')} below ${scripts.files.root}`
  const external = externals.find(({ name }) => name === application)
  if (external !== undefined) {
    const { addresses, connections } = external
    const most = `at most ${counted(connections, 'connection', 's')}`
    return [wire, addresses.map(addressText).join(', '), `${most}${where}`]
  }
  const program = applications.find(({ name }) => name === application)
  if (program === undefined) return [wire, application, '']
  return [wire, program.program?.command.join(' ') ?? '', `${manyProcesses(program)}${where}`]
}

function manyProcesses({ processes, processes_min: min }: Application): string {
  const most = counted(processes, 'process', 'es')
  return min < processes ? `${min} to ${most}` : most
}

function describeLauncher({ threads, launcher, python }: Application, is: 'directory' | 'script'): string {
  const warm = launcher?.warm === false || is === 'script' ? '' : ', those of Python warm'
  const how = python === '' ? ', started by Node.js: no Python was found' : warm
  return `${counted(threads, 'script', 's')} at once${how}`
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
