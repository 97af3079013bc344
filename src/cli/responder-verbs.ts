// The verbs with which applications are hosted for other servers, and their flags.

import type { Command } from 'commander'
import { openOutput } from './print.ts'
import { respond } from './responder.ts'
import type { ResponderFlags } from './responder-flags.ts'

export function addResponderVerbs(program: Command): void {
  add(program, 'fastcgi', 'host a WSGI application for Apache, nginx or lighttpd, over FastCGI')
  add(program, 'scgi', 'the same over SCGI')
}

function add(program: Command, protocol: 'fastcgi' | 'scgi', summary: string): void {
  program
    .command(protocol)
    .summary(summary)
    .argument('<application>', 'module:callable, module:factory(), a file, or with --config a name there')
    .option(
      '-b, --bind <address>',
      'unix:PATH, HOST:PORT, or PORT of 127.0.0.1; default: the socket that is descriptor 0',
    )
    .option('-c, --config <file>', 'a portico.yaml that says what the application needs')
    .option('-d, --directory <directory>', 'where the application lies; default: this directory')
    .option('--python <path>', 'an interpreter or a virtual environment')
    .option('--processes <n>', 'worker processes; default: one a core, at most 4')
    .option('--threads <n>', 'threads of every worker process; default: 4')
    .option('--queue <n>', 'requests that wait for a thread of a worker; default: 500')
    .option('--script-name <path>', 'where it is mounted, when the other server cannot say it')
    .option('--socket-mode <mode>', 'of the socket; default: 0660')
    .option('--socket-owner <user>', 'of the socket')
    .option('--socket-group <group>', 'of the socket; default for root: www-data, where there is that group')
    .option('--user <user>', 'whom the workers run as, when root starts it; default: whose the directory is')
    .option('--snippet <server>', 'print what nginx, apache or lighttpd has to be told, and do nothing else')
    .action(async (application: string, flags: ResponderFlags) => {
      process.exitCode = await respond(protocol, application, flags, openOutput())
    })
}
