import type { IncomingMessage } from 'node:http'

/** An address that no route has. */
const NOWHERE = '/%3F'

/**
 * Brings what a request asks for into the one form that routes and checks read, before either sees it. A whole URL
 * names its host itself, and the Host header beside it counts for nothing (RFC 9112 §3.2.2). What can't be decoded is
 * nowhere: so it meets the same questions as every address, and not the router's own answer.
 */
export function settleRequestTarget(request: IncomingMessage): void {
  const [, authority, rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(request.url ?? '') ?? []
  if (authority !== undefined) {
    request.headers.host = authority
    request.url = rest.startsWith('/') ? rest : `/${rest}`
  }
  if (!isDecodable((request.url ?? '').split('?')[0] as string)) request.url = NOWHERE
}

/** Whether the request says twice which host it is for. RFC 9112 §3.2: then it is refused. */
export function hasSecondHost({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length > 1
}

/** No database keeps NUL in a text: nothing has it in its name. */
function isDecodable(path: string): boolean {
  try {
    return !decodeURIComponent(path).includes('\0')
  } catch {
    return false
  }
}
