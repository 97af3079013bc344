// The targets of mounts in the spelling of portico.yaml, with what starts or keeps their applications. Pure.

import { addressText } from '../backend/external/address.ts'
import { formatDuration } from '../schema/duration.ts'
import { formatSize } from '../schema/size.ts'
import type {
  Application,
  ApplicationLimits,
  Effective,
  External,
  GatewayTarget,
  Target,
} from './effective.ts'
import type { Tree, TreeMap } from './tree.ts'

export function spellApplicationLimits(limits: ApplicationLimits): Tree {
  return {
    request_time: formatDuration(limits.request_time),
    output_idle: formatDuration(limits.output_idle),
    queue_time: formatDuration(limits.queue_time),
    queue: limits.queue,
    startup_time: formatDuration(limits.startup_time),
    deadlock_time: formatDuration(limits.deadlock_time),
    drain_time: formatDuration(limits.drain_time),
    stop_time: formatDuration(limits.stop_time),
    output_buffer: formatSize(limits.output_buffer),
    requests: limits.requests,
    memory: formatSize(limits.memory),
    age: formatDuration(limits.age),
    idle_time: formatDuration(limits.idle_time),
  }
}

/** What starts the scripts of a target stands beside them. */
function spellLauncher(application: string, applications: readonly Application[]): TreeMap {
  const found = applications.find(({ name }) => name === application)
  if (found === undefined || found.launcher === null) return {}
  const { threads, python, user, group, environment, environment_file, limits, launcher } = found
  const { cpu, memory, files, processes, file_size } = launcher.rlimits
  return {
    warm: launcher.warm,
    preload: launcher.preload === null ? null : [...launcher.preload],
    concurrency: threads,
    python: python === '' ? null : python,
    user,
    group,
    ...(environment_file === null ? {} : { environment_file }),
    environment: { ...environment },
    limits: {
      head_time: formatDuration(limits.request_time),
      output_idle: formatDuration(limits.output_idle),
      time: formatDuration(launcher.time),
      queue_time: formatDuration(limits.queue_time),
      queue: limits.queue,
      output_buffer: formatSize(limits.output_buffer),
      stop_time: formatDuration(limits.stop_time),
      cpu: cpu === undefined ? null : formatDuration(cpu * 1000),
      memory: memory === undefined ? null : formatSize(memory),
      descriptors: files ?? null,
      processes: processes ?? null,
      file_size: file_size === undefined ? null : formatSize(file_size),
    },
  }
}

type Known = Pick<Effective, 'applications' | 'externals'>

export function spellTarget(target: Target, known: Known): TreeMap {
  const { applications } = known
  switch (target.kind) {
    case 'application':
      return { application: target.application }
    case 'redirect':
      return { redirect: target.location, status: target.status }
    case 'files': {
      const { kind: _, root, cache, types, scripts, application, ...rest } = target
      const launcher = application === null ? {} : { scripts, ...spellLauncher(application, applications) }
      return {
        files: root,
        ...rest,
        cache: typeof cache === 'number' ? formatDuration(cache * 1000) : cache,
        types: { ...types },
        ...launcher,
      }
    }
    case 'gateway':
      return { [target.wire]: spellPlace(target, known), ...spellScripts(target) }
    case 'cgi': {
      const { kind: _, is: __, path, application, ...rest } = target
      const working = applications.find(({ name }) => name === application)?.launcher?.directory ?? null
      return { cgi: path, ...rest, directory: working, ...spellLauncher(application, applications) }
    }
  }
}

function spellPlace({ application }: GatewayTarget, { applications, externals }: Known): Tree {
  const external = externals.find(({ name }) => name === application)
  if (external !== undefined) return spellExternal(external)
  const program = applications.find(({ name }) => name === application)
  return program === undefined ? null : spellProgram(program)
}

function spellExternal({ name: _, wire: __, addresses, ...limits }: External): Tree {
  return {
    address: addresses.map(addressText),
    connections: limits.connections,
    idle: formatDuration(limits.idle),
    connect_time: formatDuration(limits.connect_time),
    request_time: formatDuration(limits.request_time),
    output_idle: formatDuration(limits.output_idle),
    queue_time: formatDuration(limits.queue_time),
    queue: limits.queue,
    output_buffer: formatSize(limits.output_buffer),
  }
}

function spellProgram(application: Application): Tree {
  const { program, directory, processes, processes_min: min, threads, user, group, limits } = application
  const { environment, environment_file } = application
  return {
    command: program === null ? [] : [...program.command],
    directory,
    processes: min === processes ? processes : { min, max: processes },
    connections: threads,
    user,
    group,
    ...(environment_file === null ? {} : { environment_file }),
    environment: { ...environment },
    limits: spellApplicationLimits(limits),
  }
}

function spellScripts({ scripts }: GatewayTarget): TreeMap {
  if (scripts === null) return {}
  const { endings, index, front, files } = scripts
  const { root, symlinks, dotfiles } = files
  return { root, scripts: endings, index: [...index, ...files.index], front, symlinks, dotfiles }
}
