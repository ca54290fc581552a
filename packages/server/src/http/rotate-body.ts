/** The body that rotates a secret: for how long the old one counts beside the new one. */
import { type TObject, type TOptional, type TUnsafe, Type } from 'typebox'

const USUAL_OVERLAP_HOURS = 24
const MOST_OVERLAP_HOURS = 30 * 24

/** The schema; `does` says what the old one does meanwhile. */
export function rotateBody(title: string, does: string): TObject<{ overlap_hours: TOptional<TUnsafe<number | null>> }> {
  const description = `For how long ${does} beside the new one, ${USUAL_OVERLAP_HOURS} unless said; 0 ends it at once`
  const hours = { type: ['number', 'null'], minimum: 0, maximum: MOST_OVERLAP_HOURS, description }
  return Type.Object({ overlap_hours: Type.Optional(Type.Unsafe<number | null>(hours)) }, { title })
}

/** The hours that such a body asks for; there may be none at all. */
export function overlapHoursOf(body: { readonly overlap_hours?: number | null } | null | undefined): number {
  return body?.overlap_hours ?? USUAL_OVERLAP_HOURS
}
