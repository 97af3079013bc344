// `npm run build`, and before `npm pack`: installs what the build needs when it is missing, and builds.
import { prepare } from './prepare.mjs'

await prepare()
