// The Debian packages of packages.json: which are missing, and installing them as root without starting a service.
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { onPath } from './prepare.mjs'
import { run } from './run.mjs'

const { packages, peers, vectors } = JSON.parse(
  readFileSync(new URL('./packages.json', import.meta.url), 'utf8'),
)
const policy = '/usr/sbin/policy-rc.d'
const onDebian = existsSync('/etc/debian_version') && onPath('dpkg-query') !== undefined

/** The servers that the conformance comparison runs beside Portico. */
export const peerPackages = peers

/** The servers that get the HTTP/1.1 vectors beside Portico, and what runs an application behind them. */
export const vectorPackages = vectors

/** The packages that are still missing after root on Debian has installed what it could: [{ name, why }]. */
export async function providePackages(wanted = packages) {
  const missing = await missingOf(wanted)
  if (missing.length === 0 || !onDebian || process.getuid?.() !== 0) return missing
  console.log(`installing Debian packages: ${missing.map(({ name }) => name).join(' ')}`)
  await withoutServices(() => installPackages(missing))
  return missingOf(wanted)
}

async function missingOf(wanted) {
  const present = await Promise.all(wanted.map(isPresent))
  return wanted.filter((_, index) => !present[index])
}

async function isPresent({ name, program, module }) {
  if (onDebian) {
    const { ok, output } = await run('dpkg-query', ['-s', name], { deadlineMs: 20_000 })
    return ok && output.includes('Status: install ok installed')
  }
  if (program !== undefined) return onPath(program) !== undefined
  return (await run('python3', ['-c', `import ${module}`], { deadlineMs: 20_000 })).ok
}

async function installPackages(wanted) {
  const names = wanted.map(({ name }) => name)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  // What a package would ask: dokuwiki, say, would change the configuration of Apache.
  const answers = wanted.flatMap(({ answers = [] }) => answers)
  if (answers.length > 0)
    await run('sh', ['-c', 'printf "%s\\n" "$@" | debconf-set-selections', 'sh', ...answers], {
      env,
      deadlineMs: 20_000,
    })
  const update = await run('apt-get', ['update', '-q'], { env, deadlineMs: 90_000 })
  const args = ['install', '-q', '-y', '--no-install-recommends', ...names]
  const { ok, output } = await run('apt-get', args, { env, deadlineMs: 240_000 })
  if (!ok) console.log(`${update.ok ? '' : update.output}${output}apt-get install failed`)
}

/** A policy of our own, when there is none, answers "do not start" for every service that a package brings. */
async function withoutServices(install) {
  if (existsSync(policy)) return install()
  writeFileSync(policy, '#!/bin/sh\nexit 101\n')
  chmodSync(policy, 0o755)
  const remove = () => rmSync(policy, { force: true })
  process.once('exit', remove)
  try {
    await install()
  } finally {
    remove()
    process.off('exit', remove)
  }
}
