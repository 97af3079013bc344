// Every row of the checklist for PEP 3333, with the application embedded in the HTTP process.

import { libpython } from '../double/project.ts'
import { conformance } from './conformance.ts'
import { porticoEmbedded } from './kinds/portico.ts'

conformance(porticoEmbedded, libpython)
