// The form in which everything that comes from a request is compared: text of our own side is brought into it once.

/** Text as a ByteString: each octet of its UTF-8 is a character, which is the form paths and fields of requests have. */
export function byteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}
