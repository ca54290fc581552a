/** The manifests an asset descends from, found before any of them is validated. C2PA 2.2 §15.11.3.3, its first list of steps. */
import { cborField, isCborObject } from '../cbor.ts'
import { ASSERTION_STORE_LABEL, parseAssertionLabel } from '../manifest/labels.ts'
import type { Manifest, ManifestStore } from '../manifest/store.ts'
import { contentCbor } from './assertion-content.ts'
import { isIngredient } from './assertions.ts'
import type { BoxHashes } from './box-hashes.ts'
import { type Claim, locateClaim } from './claim.ts'
import { compareHash, resolve } from './hashed-uri.ts'
import { type IngredientAssertion, ingredientAssertion, isFailure } from './ingredient-assertion.ts'

/** An ingredient assertion of a manifest. */
type StatedIngredient = {
  /** Of the ingredient assertion. */
  readonly uri: string
  /** Its label with its instance. */
  readonly label: string
  /** The claim's own hash, for references that name none. */
  readonly algorithm: string | undefined
  /** Undefined where the assertion is malformed. */
  readonly ingredient: IngredientAssertion | undefined
}

/** One ingredient assertion of the lineage, on one way to it. */
export type Descent = StatedIngredient & {
  /** The manifest that states it. */
  readonly from: Manifest
  /** The ingredient's manifest; undefined where none is stated or it is not there. */
  readonly manifest: Manifest | undefined
  readonly recorded: Recorded | undefined
}

/** `code url` of what an ingredient assertion records, and the ones on the way to it. */
export type Recorded = { readonly statuses: ReadonlySet<string>; readonly above: Recorded | undefined }

/** Whether any of them records it. */
export function isRecorded(recorded: Recorded | undefined, status: string): boolean {
  for (let at = recorded; at; at = at.above) if (at.statuses.has(status)) return true
  return false
}

/** A manifest that was visited: what was recorded on the ways to it, and its ingredients. */
type Visited = {
  readonly ways: readonly (Recorded | undefined)[]
  readonly ingredients: readonly StatedIngredient[]
}

/** The lineage, depth first. */
export type Lineage = {
  readonly descents: readonly Descent[]
  readonly redactions: ReadonlySet<string>
  /** Labels of the manifests that those are in. */
  readonly redactedManifests: ReadonlySet<string>
  readonly timeStamps: ReadonlyMap<string, readonly Uint8Array[]>
  /** OCSP responses of certificate-status assertions. */
  readonly ocspResponses: readonly Uint8Array[]
  /** The lineage is larger than is followed. */
  readonly isCut: boolean
  /** A manifest is among its own ingredients. */
  readonly isCyclic: boolean
}

const MOST_MANIFESTS = 256
const MOST_INGREDIENTS = 512
/** Of statuses that are recorded on several ways to one manifest. */
const MOST_COMPARISONS = 5_000_000
const MOST_TIME_STAMPS = 8
const MOST_OCSP_RESPONSES = 64

/** Follows the ingredient assertions from the active manifest down, each manifest once. */
export function lineageOf(store: ManifestStore, active: Manifest, hashes: BoxHashes): Lineage {
  const walk = new Walk(store, active, hashes)
  walk.visit(active, undefined)
  walk.settleRedactions()
  return walk
}

class Walk implements Lineage {
  readonly descents: Descent[] = []
  readonly redactions = new Set<string>()
  readonly redactedManifests = new Set<string>()
  readonly timeStamps = new Map<string, Uint8Array[]>()
  readonly ocspResponses: Uint8Array[] = []
  isCut = false
  isCyclic = false
  #comparisons = 0
  readonly #store: ManifestStore
  readonly #active: Manifest
  readonly #hashes: BoxHashes
  readonly #visited = new Map<Manifest, Visited>()
  /** Redactions as claims state them. */
  readonly #stated: { readonly by: Manifest; readonly uri: string; readonly label: string }[] = []
  /** Those that are being visited, from the active one down. */
  readonly #open = new Set<Manifest>()

  constructor(store: ManifestStore, active: Manifest, hashes: BoxHashes) {
    this.#store = store
    this.#active = active
    this.#hashes = hashes
  }

  visit(manifest: Manifest, recorded: Recorded | undefined): void {
    const visited = this.#visited.get(manifest)
    // What is excused on one way here need not be on another, and what is below is told once more then.
    if (visited?.ways.some((way) => this.#excusesNoMoreThan(way, recorded))) return
    if (!visited && this.#visited.size >= MOST_MANIFESTS) {
      this.isCut = true
      return
    }
    const { ways, ingredients } = visited ?? { ways: [], ingredients: this.#read(manifest) }
    this.#visited.set(manifest, { ways: [...ways, recorded], ingredients })
    this.#open.add(manifest)
    for (const stated of ingredients) this.#descend(manifest, stated, recorded)
    this.#open.delete(manifest)
  }

  /** Whether each failure that one way excuses is excused by the other too. */
  #excusesNoMoreThan(one: Recorded | undefined, other: Recorded | undefined): boolean {
    const others = new Set<Recorded>()
    for (let at = other; at; at = at.above) others.add(at)
    // From where the two ways are one, they excuse the same.
    for (let at = one; at && !others.has(at); at = at.above)
      for (const status of at.statuses) {
        this.#comparisons += others.size + 1
        if (this.#comparisons > MOST_COMPARISONS) {
          this.isCut = true
          return true
        }
        if (isFailure(status.slice(0, status.indexOf(' '))) && !isRecorded(other, status)) return false
      }
    return true
  }

  /** The ingredient assertions of a manifest; what else counts for the whole lineage is gathered. */
  #read(manifest: Manifest): StatedIngredient[] {
    const claim = manifest.kind === 'compressed' ? undefined : locateClaim(manifest, [])
    if (!claim) return []
    this.#addRedactions(manifest, claim)
    const ingredients: StatedIngredient[] = []
    for (const { url, algorithm, hash } of claim.assertions) {
      const target = resolve(this.#store, manifest, url)
      const label = target?.path[1]
      if (!target?.box || target.manifestLabel !== manifest.label || target.path[0] !== ASSERTION_STORE_LABEL || !label)
        continue
      const { name } = parseAssertionLabel(label)
      if (!isIngredient(name) && name !== 'c2pa.time-stamp' && name !== 'c2pa.certificate-status') continue
      const reference = { url, ...(algorithm ? { algorithm } : {}), ...(hash ? { hash } : {}) }
      if (compareHash(this.#hashes, reference, claim.algorithm, target.box) !== 'match') continue
      const content = contentCbor(target.box)
      if (name === 'c2pa.time-stamp') this.#addTimeStamps(content)
      else if (name === 'c2pa.certificate-status') this.#addOcspResponses(content)
      else
        ingredients.push({
          uri: target.uri,
          label,
          algorithm: claim.algorithm,
          ingredient: ingredientAssertion(name, content),
        })
    }
    return ingredients
  }

  #descend(from: Manifest, stated: StatedIngredient, above: Recorded | undefined): void {
    if (this.descents.length >= MOST_INGREDIENTS) {
      this.isCut = true
      return
    }
    const { ingredient } = stated
    const target = ingredient?.manifest && resolve(this.#store, from, ingredient.manifest.url)
    const manifest = target?.path.length === 0 ? this.#store.manifests.find(({ box }) => box === target.box) : undefined
    const recorded = ingredient ? { statuses: ingredient.recorded, above } : above
    this.descents.push({ from, ...stated, manifest, recorded })
    if (!manifest) return
    if (this.#open.has(manifest)) this.isCyclic = true
    else this.visit(manifest, recorded)
  }

  /** Only in manifests that the one that redacts is made from: what stands beside it is others' to redact. */
  settleRedactions(): void {
    const below = new Map<Manifest, ReadonlySet<string>>()
    for (const { by, uri, label } of this.#stated) {
      const labels = below.get(by) ?? this.#labelsBelow(by)
      below.set(by, labels)
      if (!labels.has(label)) continue
      this.redactions.add(uri)
      this.redactedManifests.add(label)
    }
  }

  #labelsBelow(top: Manifest): Set<string> {
    const found = new Set<Manifest>([top])
    for (const manifest of found)
      for (const descent of this.descents)
        if (descent.from === manifest && descent.manifest) found.add(descent.manifest)
    return new Set([...found].map(({ label }) => label))
  }

  /** Only in other manifests: a claim can't redact its own assertions, and none redacts those of the manifest that speaks last. */
  #addRedactions(manifest: Manifest, { redactedAssertions }: Claim): void {
    for (const url of redactedAssertions) {
      const target = resolve(this.#store, manifest, url)
      const label = target?.manifestLabel
      if (!target || label === undefined || label === manifest.label || label === this.#active.label) continue
      if (target.path.length > 0) this.#stated.push({ by: manifest, uri: target.uri, label })
    }
  }

  #addOcspResponses(content: ReturnType<typeof contentCbor>): void {
    const values = cborField(content, 'ocspVals')
    if (!Array.isArray(values)) return
    for (const value of values)
      if (value instanceof Uint8Array && this.ocspResponses.length < MOST_OCSP_RESPONSES) this.ocspResponses.push(value)
  }

  #addTimeStamps(content: ReturnType<typeof contentCbor>): void {
    if (!isCborObject(content)) return
    for (const label of Object.keys(content)) {
      const token = cborField(content, label)
      const known = this.timeStamps.get(label) ?? []
      if (token instanceof Uint8Array && known.length < MOST_TIME_STAMPS) this.timeStamps.set(label, [...known, token])
    }
  }
}
