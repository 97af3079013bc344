// What to ask of an address that has never answered anything which is an answer: most likely it speaks something else.

const uwsgiOptions =
  '--socket of uWSGI speaks uwsgi, --fastcgi-socket FastCGI, --scgi-socket SCGI and --http-socket HTTP'

const doubts = {
  fastcgi: `does it speak FastCGI? ${uwsgiOptions}; php-fpm closes what listen.allowed_clients does not name`,
  scgi: `does it speak SCGI? ${uwsgiOptions}`,
  uwsgi: `does it speak uwsgi? ${uwsgiOptions}`,
} as const

/** A question, and what often is the reason. */
export function protocolDoubt(wire: keyof typeof doubts): string {
  return doubts[wire]
}
