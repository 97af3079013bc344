// Every row of the checklist for PEP 3333, with Portico keeping the application in daemon processes.

import { conformance } from './conformance.ts'
import { porticoDaemon } from './kinds/portico.ts'

conformance(porticoDaemon)
