// Which libpython belongs to an interpreter: asked of the interpreter itself, then looked for on disk. Nothing is
// loaded here; that is done by the HTTP process alone.

import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Identity } from '../identity/identity.ts'
import { startAs } from '../identity/start-as.ts'
import { questionEnvironment } from '../worker/worker-environment.ts'
import { askMs, isTooOld, oldestPython } from './interpreter-fault.ts'
import { faultAs } from './interpreter-reach.ts'

export interface EmbeddablePython {
  readonly kind: 'ok'
  /** Path of the shared library. */
  readonly library: string
}

export interface NotEmbeddable {
  readonly kind: 'bad'
  /** A sentence without a full stop. */
  readonly why: string
  readonly hint: string
}

interface Described {
  readonly version: readonly [number, number, number]
  readonly implementation: string
  readonly names: readonly string[]
  readonly places: readonly string[]
  readonly debian: boolean
}

const question = `
import json, sys, sysconfig
get = sysconfig.get_config_var
version = "%d.%d" % sys.version_info[:2]
abi = getattr(sys, "abiflags", "")
names = [get("INSTSONAME"), get("LDLIBRARY")] + ["libpython%s%s.so%s" % (version, abi, end) for end in (".1.0", ".1", "")]
multi = get("MULTIARCH") or ""
places = [get("LIBDIR"), get("LIBPL"), sys.base_prefix + "/lib", sys.base_prefix + "/lib64"]
places += ["/usr/lib/" + multi, "/usr/lib64", "/usr/lib", "/usr/local/lib", "/lib/" + multi]
sys.stdout.write(json.dumps({
  "version": sys.version_info[:3], "implementation": sys.implementation.name,
  "names": [name for name in names if name and ".so" in name], "places": [place for place in places if place],
  "debian": bool(multi) and sys.base_prefix == "/usr",
}))
`

/** The libpython of an interpreter or of the Python that its virtual environment was made from; asked as `identity`. */
export function findLibpython(
  python: string,
  environment: Readonly<Record<string, string | undefined>>,
  identity: Identity | null,
): EmbeddablePython | NotEmbeddable {
  const described = describe(python, environment, identity)
  if (typeof described === 'string') {
    return { kind: 'bad', why: described, hint: 'Does it start in a shell? Or set mode: daemon' }
  }
  const version = described.version.join('.')
  const refusal = refuse(python, described, version)
  if (refusal !== undefined) return refusal
  for (const place of described.places) {
    for (const name of described.names) {
      const library = join(place, name)
      if (isLibrary(library)) return { kind: 'ok', library }
    }
  }
  return {
    kind: 'bad',
    why: `"${python}" (Python ${version}) has no shared library libpython, which embedded mode loads`,
    hint: howToGet(described),
  }
}

function describe(
  python: string,
  environment: Readonly<Record<string, string | undefined>>,
  identity: Identity | null,
): Described | string {
  const asked = questionEnvironment(python, environment, identity)
  const start = startAs(identity, python, ['-c', question], asked)
  try {
    const said = execFileSync(start.file, start.arguments, {
      ...start.options,
      cwd: '/',
      encoding: 'utf8',
      timeout: askMs,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return JSON.parse(said) as Described
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''
    const fault = identity === null ? undefined : faultAs(identity, python, '', asked)
    return fault?.why ?? `"${python}" does not say what it is (${why})`
  }
}

function refuse(python: string, described: Described, version: string): NotEmbeddable | undefined {
  const [major, minor, patch] = described.version
  const daemon = 'Set mode: daemon'
  if (described.implementation !== 'cpython') {
    return {
      kind: 'bad',
      why: `"${python}" is ${described.implementation}, and only CPython can be embedded`,
      hint: daemon,
    }
  }
  if (isTooOld(major, minor)) {
    return {
      kind: 'bad',
      why: `"${python}" is Python ${version}; ${oldestPython} or newer is needed`,
      hint: 'Set python: to a newer one',
    }
  }
  // 3.14.0 measures the machine stack and takes a foreign one for an overflow (cpython issue 139653).
  if (minor === 14 && patch === 0) {
    return {
      kind: 'bad',
      why: `"${python}" is Python 3.14.0, which cannot be embedded in a foreign program`,
      hint: 'Use 3.14.1 or newer, or set mode: daemon',
    }
  }
  return undefined
}

function howToGet({ version, debian }: Described): string {
  const short = `${version[0]}.${version[1]}`
  if (debian) return `Install it: apt-get install libpython${short}; or set mode: daemon`
  if (isFedora()) return `Install it: dnf install python${short}-libs; or set mode: daemon`
  return 'Build this Python with --enable-shared (pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared), or set mode: daemon'
}

function isFedora(): boolean {
  try {
    return /^ID(_LIKE)?=.*(fedora|rhel)/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

function isLibrary(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}
