// Every row of the checklist for PEP 3333 that a process for one request can keep, with mode: cgi.

import { conformance } from './conformance.ts'
import { porticoCgi } from './kinds/portico.ts'

conformance(porticoCgi)
