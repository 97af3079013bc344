// The command line (DESIGN section 5): verbs and flags. One file a verb; the only place that ends the process.

import { Command, CommanderError } from 'commander'
import { programVersion } from '../server/version.ts'
import { type CgiOptions, cgi } from './cgi.ts'
import { type CheckOptions, check } from './check.ts'
import { addControlVerbs } from './control/commands.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { openOutput } from './print.ts'
import { addResponderVerbs } from './responder-verbs.ts'
import { type ServeOptions, serve } from './serve.ts'
import { type Advice, adviseOnExcess, adviseOnFiles } from './verbs.ts'

const program = new Command('portico')
  .description('The application web server: files, CGI, FastCGI and WSGI in one program.')
  .version(`portico ${programVersion()}`, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .showSuggestionAfterError()
  .showHelpAfterError('  See: portico --help')
  .configureOutput({ writeErr: (text) => openOutput().note(text) })
  .exitOverride()

program
  .command('serve', { isDefault: true })
  .summary('serve this directory, a directory, a portico.yaml or module:callable')
  .argument('[what]', 'a directory, a portico.yaml, or module:callable; default: this directory')
  .option('-c, --config <file>', 'the configuration file')
  .option(
    '-l, --listen <address>',
    'listen here instead, e.g. 127.0.0.1:8080 or unix:/run/x.sock; a port alone is every address',
    collect,
  )
  .option('--mode <mode>', 'daemon, embedded, auto or cgi, for every application')
  .option('--processes <n>', 'worker processes of every application')
  .option('--threads <n>', 'threads of every worker process')
  .option('--reload', 'development: start new code when a file of an application changes, show tracebacks')
  .allowExcessArguments()
  .action(async (what: string | undefined, options: ServeOptions, command: Command) => {
    process.exitCode =
      command.args.length > 1
        ? refuse(adviseOnExcess(command.args, process.cwd()))
        : await serve({ ...options, what }, openOutput())
  })

program
  .command('check')
  .summary('validate a configuration without serving it')
  .argument('[config]', 'a portico.yaml or a directory; default: this directory')
  .option('-p, --print', 'print the effective configuration and where each value came from')
  .option('--json', 'print for programs')
  .option('--load', 'import the applications as well, as a worker would; this runs their code')
  .allowExcessArguments()
  .action(async (config: string | undefined, options: CheckOptions, command: Command) => {
    process.exitCode =
      command.args.length > 1
        ? refuse(adviseOnFiles(command.args))
        : await check({ ...options, config }, openOutput())
  })

program
  .command('cgi')
  .summary('run a WSGI application as the CGI program of another server')
  .argument('<application>', 'module:callable, module:factory() or the path of a file')
  .option('-d, --directory <directory>', 'where it lies; default: this directory')
  .option('--python <path>', 'an interpreter or a virtual environment')
  .option('--user <user>', 'whom it runs as, when root starts it; default: whose the directory is')
  .action((application: string, options: Omit<CgiOptions, 'application'>) => {
    process.exitCode = cgi({ ...options, application }, openOutput())
  })

addResponderVerbs(program)
addControlVerbs(program)

function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value]
}

function refuse({ message, hint }: Advice): ExitCode {
  openOutput().note(`${message}\n  ${hint}`)
  return exitCodes.usage
}

// Whoever reads has had enough (`portico stack 7 | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? exitCodes.done)
  throw error
})
try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  } else {
    process.stderr.write(
      `portico: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    process.exitCode = exitCodes.failed
  }
}
