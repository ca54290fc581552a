/** What stands in a sample of a request where something is to be filled in: nobody means it as it is. */
import type { GivenAttribute } from './certificate-names.ts'
import type { DeviceProfile } from './device-profile.ts'
import { Refusal } from './refusal.ts'

/** What a sample says in the place of a value. */
export function placeholderOf(name: string): string {
  return `<${name}>`
}

/** Throws a Refusal where a value is still what the sample has in its place. */
export function requireFilledIn(
  { attributes, deviceAttributes }: { readonly [Key in 'attributes' | 'deviceAttributes']: readonly GivenAttribute[] },
  device: Pick<DeviceProfile, 'fields'> | undefined,
): void {
  for (const attribute of attributes) requireOther('certificate_profile_attributes', attribute, attribute.id)
  for (const attribute of deviceAttributes) {
    const field = device?.fields.find(({ id }) => id === attribute.id)
    requireOther('device_attributes', attribute, field?.name ?? attribute.id)
  }
}

function requireOther(place: string, { id, value }: GivenAttribute, name: string): void {
  const placeholder = placeholderOf(name)
  if (![value].flat().some((text) => text.trim() === placeholder)) return
  throw new Refusal(
    'invalid',
    'invalid_request',
    `${place}: ${id} is ${JSON.stringify(placeholder)} as in the sample: put its value there, or leave it out.`,
  )
}
