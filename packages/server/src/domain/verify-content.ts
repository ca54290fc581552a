import type { Fetchers } from '@countersign/c2pa'
import { Refusal } from './refusal.ts'
import { trustLists } from './trust-settings.ts'
import {
  type ContentToVerify,
  REPORT_STYLES,
  type ReportStyle,
  type VerificationEngine,
  type VerifiedContent,
} from './verification-engine.ts'
import type { World } from './world.ts'

/** What verifying content needs of everything around it. */
export type VerifyContentWorld = Pick<World, 'now' | 'store'> & {
  readonly verificationEngine: VerificationEngine
  /** Makes the fetchers of one verification, until nobody waits for it; undefined where nothing is to be fetched. */
  readonly fetchersUntil: ((leaving: AbortSignal) => Fetchers) | undefined
}

/** Verifies a file by the platform's trust settings. Whatever the file is, there is a report; `signal` gives it up. */
export async function verifyContent(
  world: VerifyContentWorld,
  content: Pick<ContentToVerify, 'bytes' | 'style' | 'onSpent'>,
  signal: AbortSignal,
): Promise<VerifiedContent> {
  const trust = await trustLists(world)
  const fetchers = world.fetchersUntil?.(signal)
  return world.verificationEngine.verify({ ...content, trust, fetchers, now: world.now() }, signal)
}

/** The report that is asked for by name; c2pa-rs's without one. */
export function reportStyle(name: string | undefined): ReportStyle {
  const style = REPORT_STYLES.find((candidate) => candidate === (name?.trim().toLowerCase() || 'reader'))
  if (style) return style
  throw new Refusal('invalid', 'invalid_request', `Invalid parameter format. It is ${REPORT_STYLES.join(' or ')}.`)
}
