// The program that starts CGI scripts where there is no Python for python/portico_worker/cgi, which it stands in for: a
// FastCGI application server whose application is the start of a script (docs/decisions/020).

import { Launcher } from './launcher.ts'

new Launcher()
