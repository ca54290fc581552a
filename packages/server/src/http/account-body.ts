import { type TObject, type TProperties, Type } from 'typebox'
import { Refusal } from '../domain/refusal.ts'

/**
 * Throws a Refusal where a body has a field that the route does not take: a limit that is misspelt must not be passed
 * over.
 */
export function refuseUnknownFields(body: object, { properties }: TObject<TProperties>): void {
  const unknown = Object.keys(body).find((field) => !Object.hasOwn(properties, field))
  if (unknown === undefined) return
  const known = Object.keys(properties).join(', ')
  throw new Refusal(
    'invalid',
    'invalid_request',
    `There is no field ${JSON.stringify(unknown.slice(0, 60))} here; there are ${known}.`,
  )
}

/**
 * Throws a Refusal where a query has a filter that the route does not take: passed over it would give everything. The
 * validator takes it away unseen.
 */
export function refuseUnknownFilters(url: string, { properties }: TObject<TProperties>): void {
  const given = new URLSearchParams(url.split('?', 2)[1])
  const unknown = [...given.keys()].find((name) => !Object.hasOwn(properties, name))
  if (unknown === undefined) return
  throw new Refusal(
    'invalid',
    'invalid_request',
    `There is no filter ${JSON.stringify(unknown.slice(0, 60))} here; there are ${Object.keys(properties).join(', ')}.`,
  )
}

/** The body and the answer of every enable route. */
export const EnableBody = Type.Object({ enabled: Type.Boolean() }, { title: 'Enable' })

/** The path of one object. */
export const IdParams = Type.Object({ id: Type.String() })
