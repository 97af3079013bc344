// `npm run check`: everything that can be said about the tree without starting a server, in under a minute.
import { runChecks } from './checks.mjs'

const { failed } = await runChecks()
process.exitCode = failed > 0 ? 1 : 0
