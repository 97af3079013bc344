// Failures that Portico expects: one stable code each, with the facts as fields.
// The table says what each code means; handler/failure.ts turns codes into HTTP statuses.
// Nothing here knows HTTP, logs or configuration.

/** Every failure code with its one-line meaning (also printed in docs/reference/errors.md). */
export const failureMeanings = {
  E_ENVIRON_TOO_LARGE: 'the environ of a request is larger than its wire can carry',
  E_INPUT_TOO_LARGE: 'the request body is larger than the body limit',
  E_INPUT_CUT_SHORT: 'the client went away or stalled before the request body was complete',
  E_INPUT_MALFORMED: 'the request body broke the chunked framing',
  E_INPUT_TIMEOUT: 'the request body arrived too slowly',
  E_INPUT_UNSIZED: 'a chunked request body was to be streamed over a wire that must know its length before',
  E_SPOOL_FULL: 'the spool for waiting request bodies is full',
  E_SPOOL_FAILED: 'the spool directory could not be written',
  E_BACKEND_BUSY: 'the queue of the application is full',
  E_BACKEND_QUEUE_TIMEOUT: 'the request waited longer than limits.queue_time for a free slot',
  E_BACKEND_STARTING: 'no worker of the application is ready yet',
  E_BACKEND_FAILED: 'the application could not be started, or its workers end again and again',
  E_BACKEND_UNREACHABLE: 'no connection to the application could be made',
  E_APPLICATION_NOT_LOADED: 'the embedded application could not be loaded; only a new start tries again',
  E_APPLICATION_EXITED: 'the worker that held the request is gone',
  E_CONNECTION_LOST: 'the application closed its connection before its answer was complete',
  E_APPLICATION_RAISED: 'the application raised an exception before it answered',
  E_HEAD_MALFORMED: 'the application answered with a head that is not valid',
  E_HEAD_TOO_LARGE: 'the head of the answer is larger than its limit',
  E_SENDFILE_REFUSED: 'the application named a file that is not sent in its place',
  E_SCRIPT_NOT_STARTED: 'the script could not be started; why is in the log beside this',
  E_SCRIPT_TIMEOUT: 'the script was still running after limits.time and was ended',
  E_LOCAL_REDIRECT: 'the local redirect of a script leads nowhere, or in circles',
  E_OUTPUT_CUT_SHORT: 'the output ended before the application said it was complete',
  E_OUTPUT_TIMEOUT:
    'the application sent nothing for longer than limits.output_idle; a stream that may be quiet sends a comment now and then',
  E_REQUEST_TIMEOUT: 'the application did not answer within limits.request_time',
  E_REQUEST_KILLED: 'the request was ended with "portico kill"',
  E_WIRE_MALFORMED: 'the peer broke the rules of its wire',
  E_REWRITE_ENDLESS: 'the rules of rewrite have changed the path ten times, and would again',
  E_DESCRIPTORS: 'the process or the system has no descriptor left',
  E_FILE_UNREADABLE: 'a file could not be opened or read',
  E_NOT_FOUND: 'no mount answers for this path',
  E_METHOD_UNSUPPORTED: 'the method is not supported here',
  E_CLIENT_GONE: 'the client closed the connection before the answer was complete',
  E_INTERNAL: 'a fault in Portico itself',
} as const

export type FailureCode = keyof typeof failureMeanings

export type Facts = Readonly<Record<string, string | number | boolean | undefined>>

/** An expected failure: `code` for programs, `message` for people, `facts` for the log line. */
export class PorticoError extends Error {
  readonly code: FailureCode
  readonly facts: Facts
  constructor(
    code: FailureCode,
    message: string = failureMeanings[code],
    facts: Facts = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'PorticoError'
    this.code = code
    this.facts = facts
  }
}
