/** What devices may do by their own certificates, as device profiles and devices say it. */
import { type Static, type TBoolean, Type } from 'typebox'
import type { DeviceApiAccess } from '../domain/device.ts'

const MAY = {
  device_api_allow_read: 'see itself',
  device_api_allow_write: 'change what is known of it',
  device_api_allow_renew_certificate: 'renew its certificate',
} as const

const flag = (what: string): string => `Whether a device may ${what} by its own certificate`

/** In an answer. */
export const ApiAccessView: { readonly [Name in keyof typeof MAY]: TBoolean } = {
  device_api_allow_read: Type.Boolean({ description: flag(MAY.device_api_allow_read) }),
  device_api_allow_write: Type.Boolean({ description: flag(MAY.device_api_allow_write) }),
  device_api_allow_renew_certificate: Type.Boolean({ description: flag(MAY.device_api_allow_renew_certificate) }),
}

/** In a body. */
export const ApiAccess = {
  device_api_allow_read: Type.Optional(ApiAccessView.device_api_allow_read),
  device_api_allow_write: Type.Optional(ApiAccessView.device_api_allow_write),
  device_api_allow_renew_certificate: Type.Optional(ApiAccessView.device_api_allow_renew_certificate),
}

const ApiAccessBody = Type.Object(ApiAccess)

/** What a body says of it. */
export function apiAccessOfBody(body: Static<typeof ApiAccessBody>): Partial<DeviceApiAccess> {
  const { device_api_allow_read: read, device_api_allow_write: write } = body
  const { device_api_allow_renew_certificate: renewCertificate } = body
  return {
    ...(read !== undefined && { read }),
    ...(write !== undefined && { write }),
    ...(renewCertificate !== undefined && { renewCertificate }),
  }
}

/** What an answer says of it. */
export function apiAccessView({ read, write, renewCertificate }: DeviceApiAccess) {
  return {
    device_api_allow_read: read,
    device_api_allow_write: write,
    device_api_allow_renew_certificate: renewCertificate,
  }
}
