// Files of users as htpasswd writes them: a name, a colon, a hash. Which hashes are taken, and in what words others are refused.
// Pure. Nothing of a hash or a password ever gets into a message.

export interface Htpasswd {
  /** Hashes by name. */
  readonly users: ReadonlyMap<string, string>
  readonly problems: readonly HtpasswdProblem[]
}

export interface HtpasswdProblem {
  /** From 1. */
  readonly line: number
  readonly message: string
  readonly hint: string
}

/** More would hold a file of users for megabytes of something else. */
export const maxHtpasswdBytes = 4 * 1024 * 1024

const renew = 'Write a new hash: htpasswd -B FILE NAME'
// At a cost of 17, the most that htpasswd writes, one password takes many seconds.
const taken = [
  /^\$2[aby]\$(0[4-9]|1[0-7])\$[./A-Za-z0-9]{53}$/,
  /^\$apr1\$[./A-Za-z0-9]{0,8}\$[./A-Za-z0-9]{22}$/,
  /^\$5\$(rounds=\d{1,7}\$)?[./A-Za-z0-9]{0,16}\$[./A-Za-z0-9]{43}$/,
  /^\$6\$(rounds=\d{1,7}\$)?[./A-Za-z0-9]{0,16}\$[./A-Za-z0-9]{86}$/,
]

export function parseHtpasswd(text: string): Htpasswd {
  const users = new Map<string, string>()
  const problems: HtpasswdProblem[] = []
  // Editors put a byte order mark before the first name.
  for (const [index, whole] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    const line = whole.replace(/\r$/, '')
    if (line.trim() === '' || line.startsWith('#')) continue
    const [name = '', hash = ''] = line.split(':')
    const problem = wrong(line, name, hash, users)
    if (problem === undefined) users.set(name, hash)
    else problems.push({ line: index + 1, ...problem })
  }
  return { users, problems }
}

function wrong(
  line: string,
  name: string,
  hash: string,
  users: ReadonlyMap<string, string>,
): Omit<HtpasswdProblem, 'line'> | undefined {
  if (!line.includes(':'))
    return { message: 'the line is not a user: it has no colon', hint: 'Write name:hash, as htpasswd does' }
  if (name === '') return { message: 'the line names no user', hint: 'Write name:hash, as htpasswd does' }
  if (/[\x00-\x1f\x7f]/.test(name))
    return { message: 'the name of the user has control characters', hint: 'Write another name' }
  if (name.includes('\ufffd'))
    return { message: 'the name of the user is not UTF-8', hint: 'Save the file as UTF-8 text' }
  if (users.has(name))
    return { message: `the user "${name}" stands in the file twice`, hint: 'Remove one of the two lines' }
  if (taken.some((pattern) => pattern.test(hash))) return undefined
  return { message: `the password of "${name}" ${refusal(hash)}`, hint: renew }
}

function refusal(hash: string): string {
  if (hash === '') return 'is empty'
  if (hash.startsWith('$2')) return 'is no bcrypt hash of a cost from 4 to 17'
  if (hash.startsWith('{SHA}')) return 'is hashed with SHA-1 and no salt, which is not safe'
  if (hash.startsWith('$1$')) return 'is hashed with MD5 of crypt(3), which is not safe'
  if (hash.startsWith('$')) return 'is hashed in a way that is not known: bcrypt, apr1 and SHA-crypt are'
  if (/^[./A-Za-z0-9]{13}$/.test(hash))
    return 'is hashed with DES of crypt(3), or not at all, which is not safe'
  return 'is not hashed'
}
