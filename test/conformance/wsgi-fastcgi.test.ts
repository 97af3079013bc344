// Every row of the checklist for PEP 3333, with the application hosted by `portico fastcgi` behind a Portico. nginx as the
// front server would spoil many rows, since it buffers, counts and closes as it sees fit.

import { conformance } from './conformance.ts'
import { porticoFastcgi } from './kinds/fastcgi.ts'

conformance(porticoFastcgi)
