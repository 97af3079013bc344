// The date of an access-log line, made once a second: `[22/Nov/2026:17:05:00 +0000]` as Apache's %t, in local time,
// and the first part of an ISO 8601 date for the JSON format.

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

let clfSecond = Number.NaN
let clfText = ''
let isoSecond = Number.NaN
let isoText = ''

/** Apache's `%t` for a time in milliseconds since 1970. */
export function clfDate(wallMs: number): string {
  const second = Math.floor(wallMs / 1000)
  if (second !== clfSecond) {
    clfSecond = second
    const date = new Date(wallMs)
    const day = `${two(date.getDate())}/${months[date.getMonth()]}/${date.getFullYear()}`
    const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
    clfText = `[${day}:${time} ${zone(-date.getTimezoneOffset())}]`
  }
  return clfText
}

/** `2026-11-22T17:05:00.123Z` for a time in milliseconds since 1970. */
export function isoDate(wallMs: number): string {
  const second = Math.floor(wallMs / 1000)
  if (second !== isoSecond) {
    isoSecond = second
    isoText = new Date(second * 1000).toISOString().slice(0, 20)
  }
  const ms = Math.floor(wallMs) - second * 1000
  const zeros = ms < 10 ? '00' : ms < 100 ? '0' : ''
  return `${isoText}${zeros}${ms}Z`
}

function zone(minutesEast: number): string {
  const minutes = Math.abs(minutesEast)
  return (minutesEast < 0 ? '-' : '+') + two(Math.floor(minutes / 60)) + two(minutes % 60)
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`
}
