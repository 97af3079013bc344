// All cases, in the order of their rows. Each is run as it is, and those that are `validated` once more with the
// application under wsgiref.validate, by every home of a WSGI application and by the peers we compare with.

import type { Case } from './case.ts'
import { bodyCases } from './cases/body.ts'
import { closeCases } from './cases/close.ts'
import { environCases } from './cases/environ.ts'
import { errorsCases } from './cases/errors.ts'
import { fileCases } from './cases/files.ts'
import { flagCases } from './cases/flags.ts'
import { headCases } from './cases/head.ts'
import { inputCases } from './cases/input.ts'
import { inputEndCases } from './cases/input-ends.ts'
import { sizeCases } from './cases/input-sizes.ts'
import { lengthCases } from './cases/lengths.ts'
import { lifeCases } from './cases/life.ts'

const listed = [
  environCases,
  flagCases,
  inputCases,
  sizeCases,
  inputEndCases,
  errorsCases,
  headCases,
  bodyCases,
  closeCases,
  lengthCases,
  fileCases,
  lifeCases,
].flat()

export const cases: readonly Case[] = [...listed].sort((a, b) => (a.row < b.row ? -1 : a.row > b.row ? 1 : 0))
