export * from './element.ts'
export * from './primitives.ts'
export * from './structures.ts'
export type { Der } from './type.ts'
