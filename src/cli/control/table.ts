// Tables, times and sizes as people read them. Pure.

/** Columns are as wide as their widest cell; the last one ends where its text ends. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** '0.4 s', '12 s', '3 min', '2 h 5 min', '4 d 3 h'. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.floor(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** '62 MiB'; '-' when it is not known. */
export function size(octets: number | null): string {
  return octets === null ? '-' : `${Math.round(octets / 1024 / 1024)} MiB`
}

/** '-' when it is not known. */
export function count(number: number | null): string {
  return number === null ? '-' : String(number)
}

/** '2026-01-31 12:00:00Z' */
export function moment(wallMs: number): string {
  return new Date(wallMs)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
}
