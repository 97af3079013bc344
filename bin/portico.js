#!/usr/bin/env node
import { existsSync } from 'node:fs'

// A clone that was never built has no dist; a Node stack would say so less clearly.
if (existsSync(new URL('../dist/cli/main.js', import.meta.url))) await import('../dist/cli/main.js')
else {
  console.error('portico: this clone is not built yet. Run "npm run build" in it, then try again.')
  process.exitCode = 1
}
