// Which request fields an application sees, as data: one record a kind of gateway (DESIGN section 6).
// Policy only; the mechanism is environ.ts.

export interface EnvironPolicy {
  /** Hand `Authorization` over: yes for WSGI and FastCGI applications, no for CGI scripts (RFC 3875 section 4.1.18). */
  readonly authorization: boolean
}

export const wsgiPolicy: EnvironPolicy = { authorization: true }
export const scriptPolicy: EnvironPolicy = { authorization: false }
