// Values as they come from YAML or JSON, before anything is known of them.

/** A map; no list, and not null. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
