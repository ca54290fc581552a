const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const HOST = new RegExp(`^(?:\\*\\.${LABEL}\\.)?${LABEL}(?:\\.${LABEL})*$`)

/** Whether it is a host name of RFC 1034 §3.5, with a wildcard of RFC 6125 §6.4.3 or without; one label will do, since private hosts have such names. */
export function isHostName(value: string): boolean {
  return value.length <= 253 && HOST.test(value) && !isAddress(value)
}

/** What ends in digits is read as an address by some (RFC 1123 §2.1). */
function isAddress(value: string): boolean {
  return /(?:^|\.)\d+$/.test(value)
}
