export { type AuditReport, verifyAuditChain } from './domain/audit-chain.ts'
export { PLATFORM } from './domain/record-event.ts'
export { isDrawn } from './domain/sign-content.ts'
export type { Store } from './domain/store.ts'
export type { TrustAnchor } from './domain/trust-anchor.ts'
export {
  type AddedAnchors,
  addTrustAnchors,
  type PublishedList,
  type PublishedListUpdate,
  removeTrustAnchor,
  updatePublishedAnchors,
} from './domain/trust-settings.ts'
export { createLog } from './http/log.ts'
export { type RunningServer, type StartOptions, startServer } from './main.ts'
export { createOnlineFetchers } from './outbound/online-fetchers.ts'
export { createOutbound } from './outbound/outbound.ts'
export { openPlatformStore } from './platform.ts'
export { createThumbnailMaker } from './threads/thumbnail.ts'
