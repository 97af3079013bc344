// php-fpm with a configuration of its own, and the scripts of test/app/php.

import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../double/free-port.ts'
import type { Place } from './place.ts'
import type { RunningProgram } from './program.ts'

const scripts = join(import.meta.dirname, '../../app/php')

export interface FpmOptions {
  /** pm.max_children; default 4. */
  readonly children?: number
  /** pm.max_requests; default 0, off. */
  readonly requests?: number
  /** More lines of its pool. */
  readonly pool?: readonly string[]
  /** Listens on a port in place of a unix socket. */
  readonly tcp?: boolean
  /** With the extensions of Debian. */
  readonly extensions?: boolean
}

export interface Fpm {
  /** As portico.yaml has it. */
  readonly address: string
  /** Directory of the scripts. */
  readonly root: string
  running: RunningProgram
  /** Starts it again once it has ended. */
  restart(): Promise<void>
}

export function phpScripts(place: Place): string {
  const root = join(place.directory, 'php')
  cpSync(scripts, root, { recursive: true })
  return root
}

export async function startFpm(
  place: Place,
  { children = 4, requests = 0, pool = [], tcp = false, extensions = false }: FpmOptions = {},
): Promise<Fpm> {
  const listen = tcp ? await freePort() : join(place.directory, 'fpm.sock')
  const isRoot = process.getuid?.() === 0
  const configuration = [
    '[global]',
    `error_log = ${place.directory}/fpm.log`,
    '[www]',
    ...(isRoot ? ['user = root', 'group = root'] : []),
    `listen = ${tcp ? `127.0.0.1:${listen}` : listen}`,
    'pm = static',
    `pm.max_children = ${children}`,
    `pm.max_requests = ${requests}`,
    'php_admin_value[post_max_size] = 200M',
    'php_admin_value[upload_max_filesize] = 200M',
    `php_admin_value[session.save_path] = ${place.directory}`,
    `php_admin_value[upload_tmp_dir] = ${place.directory}`,
    'php_admin_flag[log_errors] = on',
    ...pool,
  ]
  const path = place.write('fpm.conf', `${configuration.join('\n')}\n`)
  const command = ['php-fpm8.2', '--nodaemonize', '--force-stderr', '--fpm-config', path]
  if (!extensions) command.push('--no-php-ini')
  if (isRoot) command.push('--allow-to-run-as-root')
  const start = (): Promise<RunningProgram> => place.start(command, { listens: [listen] })
  const fpm: Fpm = {
    address: tcp ? `127.0.0.1:${listen}` : `unix:${listen}`,
    root: phpScripts(place),
    running: await start(),
    restart: async () => {
      fpm.running = await start()
    },
  }
  return fpm
}
