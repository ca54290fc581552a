import { AjvCompiler } from '@fastify/ajv-compiler'

const build = AjvCompiler()

/**
 * Holds requests to their schemas. What stands in an address is text, and is read as what the schema says it is; JSON
 * says so itself: a body in which null stood for false, or "1" for one, would do what nobody asked for.
 */
export const buildValidator: typeof build = (schemas, options) => {
  const customOptions = { ...options?.customOptions, coerceTypes: false, removeAdditional: false }
  const ofAddresses = build(schemas, { ...options, customOptions: options?.customOptions ?? {} } as typeof options)
  const ofBodies = build(schemas, { ...options, customOptions } as typeof options)
  // What it is called with says more than its type.
  const compile = (route: Parameters<typeof ofBodies>[0]): ReturnType<typeof ofBodies> =>
    (partOf(route) === 'body' ? ofBodies : ofAddresses)(route)
  return compile as typeof ofBodies
}

function partOf(route: unknown): unknown {
  return (route as { readonly httpPart?: unknown }).httpPart
}
