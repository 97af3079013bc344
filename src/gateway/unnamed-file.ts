// Files of the spool: they lose their name as soon as they are open, so that nothing is left behind, also after kill -9.

import { close, constants, open, unlink } from 'node:fs'

const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/** Opens a new file at `path`, which nobody may have used before, readable by us only, and takes its name away. */
export function openUnnamedFile(
  path: string,
  done: (error: NodeJS.ErrnoException | null, file: number) => void,
): void {
  open(path, flags, 0o600, (error, file) => {
    if (error === null) unlink(path, () => {})
    done(error, file)
  })
}

/** Closes a descriptor that nobody reads or writes any more; a negative one is none. */
export function closeUnnamedFile(file: number): void {
  if (file >= 0) close(file, () => {})
}
