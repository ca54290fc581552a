import type { Principal } from '../domain/authenticate.ts'
import type { DeviceCertificateHolder } from '../domain/authenticate-device.ts'
import type { EnrollmentRightHolder } from '../domain/enrollment-right.ts'
import type { Permission } from '../domain/permission.ts'
import type { Authentication, Caller, OtherCaller } from './authentication.ts'
import type { ErrorStyle } from './problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How the caller of the route has to be known; `door` unless it says otherwise. */
    authentication?: Authentication
    /** What its caller must be allowed to do. */
    permission?: Permission
    /** Who else may call it, by what they show; its rule tells them from users. */
    alsoFor?: readonly OtherCaller[]
    /** Whether it is also for people who manage a service user; then its rule tells them from others. */
    isForManagers?: boolean
    /** Which body its errors have; `account` unless it says otherwise. */
    errors?: ErrorStyle
  }
  interface FastifyRequest {
    /** The user who makes the request; undefined on open routes, and where somebody else makes it. */
    principal: Principal | undefined
    /** Who makes the request; undefined on open routes alone. */
    caller: Caller | undefined
  }
}

/** The device that calls a route by its own certificate; undefined where a user does. */
export function deviceOf({ caller }: { readonly caller: Caller | undefined }): DeviceCertificateHolder | undefined {
  return caller && 'device' in caller ? caller.device : undefined
}

/** What the caller of a route, who is no user, may enroll under; undefined where a user calls. */
export function rightsOf({
  caller,
}: {
  readonly caller: Caller | undefined
}): readonly EnrollmentRightHolder[] | undefined {
  return caller && 'rights' in caller ? caller.rights : undefined
}

/** The caller of a route that is not open. */
export function principalOf(request: { readonly principal: Principal | undefined }): Principal {
  if (!request.principal) throw new Error('a route asked which user called it, and none did')
  return request.principal
}
