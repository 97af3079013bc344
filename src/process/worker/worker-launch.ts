// What a new worker of an application is given. Pure.

import { join } from 'node:path'
import type { ApplicationSpec, LauncherSpec, WorkerPlace } from '../application-spec.ts'
import type { WorkerConfiguration } from './control-line.ts'
import { crashDescriptor, listenerDescriptor, type WorkerLaunch } from './worker-contract.ts'
import { scriptEnvironment, workerEnvironment } from './worker-environment.ts'

/** The process from which workers are forked: it takes no requests, so its socket is for those who want one forked. */
export function templateLaunch(
  application: ApplicationSpec,
  place: WorkerPlace,
  number: number,
): WorkerLaunch {
  const socket = join(place.socketDirectory, `t${number}.sock`)
  const configuration = { ...workerConfiguration(application, place, number), socket, preload: true as const }
  return { ...launchOf(application, place, number), configuration }
}

export function workerLaunch(
  application: ApplicationSpec,
  place: WorkerPlace,
  number: number,
  reload = false,
): WorkerLaunch {
  const { launcher } = application
  if (launcher !== null) return launcherLaunch(application, launcher, place, number)
  const configuration = { ...workerConfiguration(application, place, number), reload }
  return { ...launchOf(application, place, number), configuration }
}

function launchOf(
  application: ApplicationSpec,
  place: WorkerPlace,
  worker: number,
): Omit<WorkerLaunch, 'configuration'> {
  return {
    worker,
    python: application.python,
    packagePath: place.packagePath,
    arguments: [],
    environment: workerEnvironment(application, place),
    identity: place.identity,
    startupMs: application.limits.startup_time,
    deadlockMs: application.limits.deadlock_time,
    restore: place.restore,
    ...(place.serve === undefined ? {} : { listener: place.serve.descriptor }),
  }
}

function workerConfiguration(
  application: ApplicationSpec,
  place: WorkerPlace,
  number: number,
): WorkerConfiguration {
  return {
    ...ofEveryKind(application, place, number),
    wsgi: application.wsgi,
    directory: application.directory,
    threads: application.threads,
    environment: application.environment,
    server_software: place.serverSoftware,
    multiprocess: application.processes > 1,
    reload: false,
    health: application.health,
    ...(place.serve === undefined
      ? {}
      : { socket: '', serve: { ...place.serve, descriptor: listenerDescriptor } }),
  }
}

/** A launcher on a machine without Python. */
export function isOfNode({ launcher, python }: ApplicationSpec): boolean {
  return launcher !== null && python === ''
}

/** What a program is to know is no business of the process that starts it, and could break that (PYTHONHOME). */
function launcherLaunch(
  application: ApplicationSpec,
  { time, ...launcher }: LauncherSpec,
  place: WorkerPlace,
  number: number,
): WorkerLaunch {
  const own = { python: application.python, environment: {} }
  // An application of WSGI has in every mode what it has as a daemon.
  const environment =
    launcher.command === null ? scriptEnvironment(application, place) : workerEnvironment(application, place)
  return {
    ...launchOf(application, place, number),
    ...(isOfNode(application)
      ? { python: null, packagePath: place.launcherPath }
      : { arguments: ['launcher'] }),
    environment: workerEnvironment(own, place),
    configuration: {
      ...ofEveryKind(application, place, number),
      ...launcher,
      slots: application.threads,
      environment,
      time: time / 1000,
    },
  }
}

function ofEveryKind({ name, user, group }: ApplicationSpec, place: WorkerPlace, number: number) {
  return {
    application: name,
    socket: join(place.socketDirectory, `w${number}.sock`),
    socket_mode: place.socketMode,
    user,
    group,
    crash_descriptor: crashDescriptor,
  }
}
