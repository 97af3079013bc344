// The path of a setting: the keys and list positions that lead to it from the top of the configuration.

export type SettingPath = readonly (string | number)[]

/** For people and as a key of maps: "applications.shop.limits.queue", "mounts./static[1].files". */
export function formatPath(path: SettingPath): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  )
}
