/** What was done to the asset. C2PA 2.2 §18.14, version 2. */
import { type CborObject, CborTag } from '../cbor.ts'
import { type Assertion, cborAssertion, type HashedUri } from './assertion.ts'

export const ACTIONS_LABEL = 'c2pa.actions.v2'

/** The software that did it, a generator-info map. C2PA 2.2 §10.3.1. */
export type GeneratorInfo = CborObject & { readonly name: string; readonly version?: string }

/**
 * How the asset came to be, the first action of every manifest: made new, or opened from a parent. C2PA 2.2 §18.14.4.2.
 * An opened asset has no source: that is its parent's to state.
 */
export type Origin =
  | { readonly action: 'c2pa.created'; readonly digitalSourceType: string }
  | { readonly action: 'c2pa.opened'; readonly parent: HashedUri }

export type ActionsOptions = {
  readonly softwareAgent: GeneratorInfo
  readonly when: Date
  /** Whether no action went unrecorded. For an opened asset it speaks of what came after the parent. */
  readonly allActionsIncluded: boolean
}

/** The actions assertion of a manifest whose one action is its origin. */
export function actionsAssertion(origin: Origin, options: ActionsOptions): Assertion {
  const { softwareAgent, when, allActionsIncluded } = options
  const from: CborObject =
    origin.action === 'c2pa.created'
      ? { digitalSourceType: origin.digitalSourceType }
      : { parameters: { ingredients: [origin.parent] } }
  const action: CborObject = { action: origin.action, when: dateTime(when), softwareAgent, ...from }
  return cborAssertion(ACTIONS_LABEL, { actions: [action], allActionsIncluded })
}

/** Tag 0, a date and time of RFC 3339, to the second. RFC 8949 §3.4.1. */
function dateTime(date: Date): CborTag {
  return new CborTag(0, `${date.toISOString().slice(0, -'.000Z'.length)}Z`)
}
