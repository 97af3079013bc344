// What other servers, and people, call the settings of Portico: for a key that is not known, the one that is meant.

interface Meaning {
  /** The key of ours, or "section.key" where it stands one level deeper. */
  readonly key: string
  /** Counts only where this key is allowed as well, since sections of one name differ. */
  readonly beside?: string
}

const only = (...keys: readonly string[]): readonly Meaning[] => keys.map((key) => ({ key }))

/** The first that is allowed where the key stands counts. */
const words: Readonly<Record<string, readonly Meaning[]>> = {
  access_log: only('log'),
  add_header: only('headers'),
  alias: only('files', 'mounts'),
  app: only('application', 'wsgi'),
  apps: only('applications'),
  auth: only('access'),
  auth_basic: only('access'),
  autoindex: only('listing'),
  basic_auth: only('access'),
  bind: only('listen', 'address'),
  brotli: only('compress'),
  chdir: only('directory'),
  client_max_body_size: [{ key: 'body' }, { key: 'limits.body', beside: 'listen' }],
  compression: only('compress'),
  cors: only('headers'),
  cwd: only('directory'),
  directory_index: only('index'),
  document_root: only('files', 'mounts'),
  domain: only('hosts', 'sites'),
  domains: only('hosts', 'sites'),
  env: only('environment'),
  env_file: only('environment_file'),
  error_log: only('log.error'),
  error_page: only('errors'),
  error_pages: only('errors'),
  expires: only('cache'),
  gid: only('group'),
  gzip: only('compress'),
  handlers: only('mounts'),
  healthcheck: only('health'),
  home: only('python'),
  host: only('hosts', 'address', 'sites'),
  hsts: only('headers'),
  interpreter: only('python'),
  location: only('mounts', 'redirect'),
  locations: only('mounts'),
  logging: only('log'),
  max_age: only('cache'),
  max_body_size: [{ key: 'body' }, { key: 'limits.body', beside: 'listen' }],
  max_requests: [
    { key: 'requests' },
    { key: 'limits.requests', beside: 'wsgi' },
    { key: 'limits.requests', beside: 'command' },
  ],
  mime_types: only('types'),
  module: only('wsgi'),
  path: only('directory'),
  port: only('listen', 'address'),
  public: only('files', 'mounts'),
  rate_limit: only('rate'),
  request_time: only('head_time'),
  return: only('redirect'),
  root: only('files', 'mounts'),
  routes: only('mounts'),
  script: only('wsgi'),
  server_name: only('hosts', 'sites'),
  spa: only('fallback'),
  static: only('files', 'mounts'),
  timeout: [
    { key: 'request_time' },
    { key: 'limits.request_time', beside: 'wsgi' },
    { key: 'limits.request_time', beside: 'command' },
  ],
  try_files: only('fallback'),
  uid: only('user'),
  venv: only('python'),
  virtual_host: only('sites'),
  virtual_hosts: only('sites'),
  virtualenv: only('python'),
  workers: only('processes'),
}

interface Later {
  /** The subject of "... is not in this version of Portico yet". */
  readonly thing: string
  readonly hint: string
}

/** What other servers do and this version does not, by their words for it. */
const later: readonly (Later & { readonly names: readonly string[] })[] = [
  {
    thing: 'a reverse proxy',
    hint: 'Remove it',
    names: ['proxy', 'proxy_pass', 'reverse_proxy', 'upstream', 'upstreams'],
  },
  {
    thing: 'TLS',
    hint: 'Remove it, and put a server that speaks TLS in front',
    names: ['ssl', 'tls', 'https', 'certificate', 'certificates', 'ssl_certificate', 'cert', 'acme'],
  },
]

/** Written in capitals, in one word or with hyphens: the same. */
function normal(key: string): string {
  return key.toLowerCase().replace(/[-_]/g, '')
}

const meanings = new Map(Object.entries(words).map(([word, meant]) => [normal(word), meant]))
const laterThings = new Map(later.flatMap((one) => one.names.map((name) => [normal(name), one] as const)))

/**
 * Our key for another one.
 * @param allowed in the section that it stands in
 * @param given keys that stand there already and are not meant again
 */
export function ownWord(
  written: string,
  allowed: readonly string[],
  given: readonly string[] = [],
): string | undefined {
  return meanings.get(normal(written))?.find(({ key, beside }) => {
    const [first = ''] = key.split('.')
    if (beside !== undefined && !allowed.includes(beside)) return false
    return allowed.includes(first) && !given.includes(key)
  })?.key
}

/** What the key asks for, when that is not in this version. */
export function laterThing(written: string): Later | undefined {
  return laterThings.get(normal(written))
}
