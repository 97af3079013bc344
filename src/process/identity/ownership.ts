// Whose a file is and what its mode lets others do, in the words of ls(1) and chmod(1).

import { statSync } from 'node:fs'
import { localName } from './user.ts'

/** "root:www-data 0660"; undefined where the file is not there or cannot be looked at. */
export function ownershipOf(path: string): string | undefined {
  try {
    const { uid, gid, mode } = statSync(path)
    const permissions = (mode & 0o7777).toString(8).padStart(4, '0')
    return `${localName('passwd', uid)}:${localName('group', gid)} ${permissions}`
  } catch {
    return undefined
  }
}
