// Dates of HTTP (RFC 9110 section 5.6.7): writes IMF-fixdate, reads all three forms and nothing else.
// The clock comes in as an argument. Whether the day name fits the date is not checked: no recipient relies on it.

/** The date as IMF-fixdate, 'Sun, 06 Nov 1994 08:49:37 GMT'; `ms` since 1970, fractions of a second cut off. */
export function formatHttpDate(ms: number): string {
  return new Date(ms).toUTCString()
}

let cachedSecond = Number.NaN
let cachedText = ''

/** The Date field for this moment; formatted once a second, so that it may be asked for with every answer. */
export function dateField(nowMs: number): string {
  const second = Math.floor(nowMs / 1000)
  if (second !== cachedSecond) {
    cachedSecond = second
    cachedText = formatHttpDate(second * 1000)
  }
  return cachedText
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const month = `(?<month>${months.join('|')})`
const time = '(?<hour>[01]\\d|2[0-3]):(?<minute>[0-5]\\d):(?<second>[0-5]\\d|60)'
const shortDay = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const longDay = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day'
const imfFixdate = new RegExp(`^${shortDay}, (?<day>\\d\\d) ${month} (?<year>\\d{4}) ${time} GMT$`)
const rfc850Date = new RegExp(`^${longDay}, (?<day>\\d\\d)-${month}-(?<year>\\d\\d) ${time} GMT$`)
const asctimeDate = new RegExp(`^${shortDay} ${month} (?<day>\\d\\d| \\d) ${time} (?<year>\\d{4})$`)

/** Two digits mean the year of this century, or of the last one when that lies more than 50 years ahead. */
function fullYear(twoDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear()
  const year = thisYear - (thisYear % 100) + twoDigits
  return year > thisYear + 50 ? year - 100 : year
}

/** Milliseconds since 1970, or undefined for anything that is not an HTTP-date. `nowMs` settles two-digit years. */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  const short = rfc850Date.exec(text)
  const found = short ?? imfFixdate.exec(text) ?? asctimeDate.exec(text)
  if (found?.groups === undefined) return undefined
  const part = found.groups
  const year = short === null ? Number(part.year) : fullYear(Number(part.year), nowMs)
  const day = Number(part.day)
  const date = new Date(0)
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, months.indexOf(part.month ?? ''), day)
  if (date.getUTCDate() !== day) return undefined
  return date.setUTCHours(Number(part.hour), Number(part.minute), Number(part.second))
}
