import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { load } from './load.ts'
import { printEffective } from './print.ts'

const text = `
listen: ["[::]:80", { address: "unix:x.sock", mode: "0600", group: null, backlog: 3, proxy_protocol: true }]
trusted_proxies: unix
rate: 90/m
access: { allow: [10.0.0.0/8, unix] }
limits: { head_time: 1500ms, body: 0 }
applications:
  shop: { wsgi: "shop:app", python: ${process.execPath}, environment: { A: "yes", B: "x # y" } }
services:
  queue: { command: [/bin/sh, -c, "exec sleep 1"], environment: { N: 1 }, stop_time: 1500ms, stop_signal: HUP }
mounts:
  /: [ { files: public, cache: 1h, types: { foo: text/foo } }, shop ]
  "/a b": { wsgi: "a:b", python: ${process.execPath}, body: 1GiB }
  /z: { redirect: /x, compress: false }
  /go: { redirect: /x, compress: { min: 2KiB, types: "text/*", applications: true }, rate: { requests: 1, per: 90s, burst: 7 } }
  /free: { redirect: /x, rate: off, access: off, rewrite: { "/free/:a/*": "/:a?b=$1", "=/a": { to: /b, status: 301 } } }
  /closed: { redirect: /x, access: { deny: all } }
sites:
  - hosts: ["*.example.com"]
    body: 1KiB
    rate: 5/h
    compress: true
    rewrite: { "/x*": "https://example.com/$1" }
    log: { access: site.log, exclude: [/a] }
    mounts: { /: { files: public, fallback: a.html } }
`

describe('printEffective', () => {
  it('prints a portico.yaml that loads to the same configuration', () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'portico-print-')))
    try {
      const path = join(directory, 'portico.yaml')
      mkdirSync(join(directory, 'public'))
      writeFileSync(path, text)
      const first = load({ kind: 'file', path })
      if (first.kind === 'bad') throw new Error(JSON.stringify(first.problems))
      writeFileSync(path, printEffective(first.effective, first.provenance))
      const second = load({ kind: 'file', path })
      if (second.kind === 'bad') throw new Error(JSON.stringify(second.problems))
      const listen = second.effective.listen.map((one, index) => ({
        ...one,
        address: first.effective.listen[index]?.address,
      }))
      expect({ ...second.effective, listen }).toEqual(first.effective)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
