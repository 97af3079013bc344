// Where the parts of Portico are that other processes run.

import { fileURLToPath } from 'node:url'

/** Path of the package python/portico_worker. */
export const packagePath = fileURLToPath(new URL('../../python/portico_worker', import.meta.url))

/** Path of the program that starts CGI scripts where there is no Python. */
export const launcherPath = fileURLToPath(new URL('../launcher/main.js', import.meta.url))

/** Path of the module that checks passwords on a thread of its own. */
export const passwordThread = fileURLToPath(new URL('../listener/access/password-thread.js', import.meta.url))

/** Path of the module that an HTTP process runs. */
export const entry = fileURLToPath(new URL('./http-main.js', import.meta.url))
