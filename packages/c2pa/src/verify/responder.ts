/** Asking the OCSP responder that a certificate names. C2PA 2.2 §15.9.2; RFC 6960 §3.1. */
import {
  type Certificate,
  certIdOf,
  type OcspVerification,
  ocspRequest,
  ocspUris,
  verifyOcspResponse,
} from '@countersign/pki'
import type { Verification } from './verification.ts'

/** How many certificates of one asset are asked about. */
const MOST_QUESTIONS = 8
const MOST_RESPONDERS = 2
const LONGEST_URL = 2048
/** How long a response without nextUpdate holds: as a stored one does. */
const MAX_AGE_SECONDS = 24 * 60 * 60

/** What an asset's responders have said, by issuer and serial number. */
export type Answers = Map<string, Promise<Answer>>

/** Nobody was asked, none gave an answer that can be believed, or what it says. */
export type Answer = 'skipped' | 'inaccessible' | (OcspVerification & { valid: true })

/**
 * What the responder of a certificate says of it now; each is asked once. The request has no nonce: hardly a public responder gives one
 * back, and who could replay an answer could leave it out as well. How long an answer holds, it says itself.
 */
export async function askResponder(
  { fetchers, answers, now }: Pick<Verification, 'fetchers' | 'answers' | 'now'>,
  certificate: Certificate,
  issuer: Certificate,
): Promise<Answer> {
  const fetch = fetchers.ocsp
  if (!fetch) return 'skipped'
  const urls = responders(certificate)
  if (urls.length === 0) return 'skipped'
  const request = ocspRequest({ certIDs: [certIdOf(issuer, certificate.serialNumber)] })
  const key = `${urls.join(' ')} ${request.join()}`
  const known = answers.get(key)
  if (known) return known
  if (answers.size >= MOST_QUESTIONS) return 'skipped'
  const answer = firstAnswer(urls, async (url) => {
    const response = await fetch(url, request)
    return verifyOcspResponse(response, { certificate, issuer, at: now, maxAgeSeconds: MAX_AGE_SECONDS })
  })
  answers.set(key, answer)
  return answer
}

function responders(certificate: Certificate): string[] {
  try {
    const urls = ocspUris(certificate).filter((url) => /^https?:\/\//i.test(url) && url.length <= LONGEST_URL)
    return urls.slice(0, MOST_RESPONDERS)
  } catch {
    return []
  }
}

async function firstAnswer(urls: readonly string[], ask: (url: string) => Promise<OcspVerification>): Promise<Answer> {
  for (const url of urls) {
    const outcome = await ask(url).catch(() => undefined)
    if (outcome?.valid) return outcome
  }
  return 'inaccessible'
}
