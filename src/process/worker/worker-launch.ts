// What a new worker of an application is given. Pure.

import { join } from 'node:path'
import type { ApplicationSpec, WorkerPlace } from '../application-spec.ts'
import { crashDescriptor, type WorkerLaunch } from './worker-contract.ts'
import { workerEnvironment } from './worker-environment.ts'

/** The process from which workers are forked: it takes no requests, so its socket is for those who want one forked. */
export function templateLaunch(
  application: ApplicationSpec,
  place: WorkerPlace,
  number: number,
): WorkerLaunch {
  const launch = workerLaunch(application, place, number)
  const socket = join(place.socketDirectory, `t${number}.sock`)
  return { ...launch, configuration: { ...launch.configuration, socket, preload: true } }
}

export function workerLaunch(
  application: ApplicationSpec,
  place: WorkerPlace,
  worker: number,
  reload = false,
): WorkerLaunch {
  return {
    worker,
    python: application.python,
    packagePath: place.packagePath,
    environment: workerEnvironment(application, place),
    identity: place.identity,
    startupMs: application.limits.startup_time,
    deadlockMs: application.limits.deadlock_time,
    restore: place.restore,
    configuration: {
      application: application.name,
      wsgi: application.wsgi,
      directory: application.directory,
      socket: join(place.socketDirectory, `w${worker}.sock`),
      socket_mode: place.socketMode,
      threads: application.threads,
      environment: application.environment,
      user: application.user,
      group: application.group,
      server_software: place.serverSoftware,
      multiprocess: application.processes > 1,
      reload,
      health: application.health,
      crash_descriptor: crashDescriptor,
    },
  }
}
