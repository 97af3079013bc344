// Where the Python side of Portico is.

import { fileURLToPath } from 'node:url'

/** Path of the package python/portico_worker. */
export const packagePath = fileURLToPath(new URL('../../python/portico_worker', import.meta.url))
