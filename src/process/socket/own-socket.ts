// Connecting as root to a socket that an application's user has made, in a directory that this user may change. By the time of
// the connection its name may be a link to a socket that only root may talk to (docker.sock), and what is meant for a worker
// would be said there, and what is said there would stand in the log as output of the application. So the file itself is opened,
// looked at and connected to, and its name is used once.

import { closeSync, constants, fstatSync, openSync } from 'node:fs'

/** O_PATH of open(2), which Node does not name. With O_NOFOLLOW it opens a link as the link that it is. */
const fileItself = 0o10000000

/**
 * Calls `use` with a path of the socket that `uid` has made at `address`; the path is good for that call only. Throws, saying
 * why, when there is no such socket. Where there is no O_PATH (not Linux) nothing is looked at.
 */
export function withSocketOf(uid: number, address: string, use: (path: string) => void): void {
  if (process.platform !== 'linux') {
    use(address)
    return
  }
  const descriptor = openSync(address, fileItself | constants.O_NOFOLLOW)
  try {
    const found = fstatSync(descriptor)
    if (!found.isSocket()) throw new Error(`"${address}" is not a socket`)
    if (found.uid !== uid) throw new Error(`"${address}" belongs to user ${found.uid}`)
    use(`/proc/self/fd/${descriptor}`)
  } finally {
    closeSync(descriptor)
  }
}
