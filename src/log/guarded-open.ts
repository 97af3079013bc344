// Opens a file to write as root where others own directories on the way: a name there can be a link to any file of the
// machine, put in place between two looks. Goes from directory to directory by descriptor, so that what was looked at is
// what is opened.

import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  type Stats,
} from 'node:fs'
import { join, resolve } from 'node:path'

/** open(2); a descriptor that leads on and needs no right to read. Node has no name for it. */
const leadsOn = 0o10000000
const directoryFlags = leadsOn | constants.O_DIRECTORY | constants.O_NOFOLLOW
/** As many as the kernel follows. */
const mostLinks = 40
const ownDescriptors = '/proc/self/fd'

/**
 * Opens the path and returns the descriptor. A symbolic link is followed only where root alone can have put it; a file that
 * somebody else can have put there must have one name and belong to root, to the owner of its directory or to one of
 * `owners` (user ids). Devices, pipes and what this process has open already (/dev/stderr) are opened as ever.
 * Throws the system's error, or one that says what is refused and what to do.
 */
export function openGuarded(
  path: string,
  flags: number,
  mode: number,
  owners: readonly number[] = [],
): number {
  if (!existsSync(ownDescriptors)) return openSync(path, flags | constants.O_NOFOLLOW, mode)
  const names = partsOf(resolve(path))
  let directory = openSync('/', directoryFlags)
  let at = '/'
  let links = 0
  let place = path
  try {
    for (;;) {
      const name = names.shift() ?? '.'
      place = `${ownDescriptors}/${directory}/${name}`
      const isLast = names.length === 0
      if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
        if (!isRootsAlone(fstatSync(directory)) || lstatSync(place).uid !== 0)
          throw foreignLink(join(at, name))
        if (++links > mostLinks)
          throw new Error(`"${path}" leads through more than ${mostLinks} symbolic links`)
        // What such a link says is no path. Whoever started us has opened it for us.
        if (isLast && at === `/proc/${process.pid}/fd`) return openSync(place, flags, mode)
        const target = readlinkSync(place)
        names.unshift(...partsOf(target))
        if (!target.startsWith('/')) continue
        closeSync(directory)
        directory = openSync('/', directoryFlags)
        at = '/'
      } else if (isLast) {
        const file = openSync(place, flags | constants.O_NOFOLLOW, mode)
        const why = objection(fstatSync(file), fstatSync(directory), owners)
        if (why === '') return file
        closeSync(file)
        throw new Error(`"${join(at, name)}" ${why}`)
      } else {
        const next = openSync(place, directoryFlags)
        closeSync(directory)
        directory = next
        at = join(at, name)
      }
    }
  } catch (error) {
    // Nobody knows our descriptors.
    if (error instanceof Error) error.message = error.message.replaceAll(place, path)
    throw error
  } finally {
    closeSync(directory)
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

/** Whatever is in this directory, root has put there. */
function isRootsAlone({ uid, mode }: Stats): boolean {
  return uid === 0 && (mode & 0o022) === 0
}

function foreignLink(path: string): Error {
  return new Error(
    `"${path}" is a symbolic link that others than root can put there, which root does not follow; name the file that is meant`,
  )
}

/** '' when there is none. */
function objection(file: Stats, directory: Stats, owners: readonly number[]): string {
  if (!file.isFile() || isRootsAlone(directory)) return ''
  if (file.nlink > 1)
    return `has ${file.nlink} names (hard links), which root does not write to; remove it, or name another file`
  if ([0, directory.uid, ...owners].includes(file.uid)) return ''
  return `belongs to user ${file.uid}, to whose files root does not write here; remove it, or give it to the user of the server`
}
