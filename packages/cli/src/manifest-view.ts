/** What the account shows of one manifest, read from the reader report: whatever the file holds, texts come out as texts. */
import { type JsonValue, type Report, readerReport } from '@countersign/c2pa'
import { actionWords, sourceWords } from './action-words.ts'

/** A file that went into another one. */
export type IngredientView = {
  readonly title: string
  readonly isParent: boolean
  /** Label of its manifest, where it has one that is there. */
  readonly manifest: string | undefined
  /** Whether it is said to have had Content Credentials. */
  readonly hadCredentials: boolean
  /** Codes of what was wrong with it when it was taken. */
  readonly failedThen: readonly string[]
}

/** One manifest. */
export type ManifestView = {
  readonly title: string | undefined
  readonly signer: string | undefined
  /** Of the time stamp. */
  readonly time: string | undefined
  readonly generator: string | undefined
  readonly identities: readonly string[]
  readonly actions: readonly string[]
  readonly ingredients: readonly IngredientView[]
  readonly redactions: number
}

/** The manifests of a report, by their labels. */
export function manifestViews(report: Report): ReadonlyMap<string, ManifestView> {
  const manifests = member(readerReport(report), 'manifests')
  return new Map(members(manifests).map(([label, manifest]) => [label, manifestView(manifest)]))
}

function manifestView(manifest: JsonValue): ManifestView {
  const signature = member(manifest, 'signature_info')
  const assertions = items(member(manifest, 'assertions'))
  const labelled = (pattern: RegExp): JsonValue[] =>
    assertions.flatMap((assertion) => {
      const data = member(assertion, 'data')
      return pattern.test(text(member(assertion, 'label')) ?? '') && data !== undefined ? [data] : []
    })
  return {
    title: text(member(manifest, 'title')),
    signer: personName(signature),
    time: timeText(text(member(signature, 'time'))),
    generator: generatorName(manifest),
    identities: labelled(/^cawg\.identity(?:__|$)/).flatMap(identityNames),
    actions: actionList(labelled(/^c2pa\.actions(?:\.v2)?(?:__|$)/).flatMap((data) => items(member(data, 'actions')))),
    ingredients: items(member(manifest, 'ingredients')).map(ingredientView),
    redactions: items(member(manifest, 'redactions')).length,
  }
}

/** `Jane Doe (Nordwind)`, by what the certificate says. */
function personName(signature: JsonValue | undefined): string | undefined {
  const name = text(member(signature, 'common_name'))
  const organization = text(member(signature, 'issuer'))
  return name && organization && name !== organization ? `${name} (${organization})` : (name ?? organization)
}

/** `2026-05-01 12:00:00 UTC` */
function timeText(time: string | undefined): string | undefined {
  const at = new Date(time ?? '')
  return Number.isNaN(at.getTime())
    ? undefined
    : at
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, ' UTC')
}

function generatorName(manifest: JsonValue): string | undefined {
  const [info] = items(member(manifest, 'claim_generator_info'))
  const name = text(member(info, 'name'))
  if (name !== undefined) return [name, text(member(info, 'version'))].filter(Boolean).join(' ')
  return text(member(manifest, 'claim_generator'))
}

/** Who stands behind an identity assertion: by the certificate, or by what an aggregator verified. */
function identityNames(data: JsonValue): string[] {
  const byCertificate = personName(member(data, 'signature_info'))
  const verified = items(member(data, 'verifiedIdentities')).flatMap((identity) => {
    const name = text(member(identity, 'name')) ?? text(member(identity, 'username'))
    const provider = text(member(member(identity, 'provider'), 'name'))
    return name === undefined ? [] : [provider === undefined ? name : `${name} at ${provider}`]
  })
  return byCertificate === undefined ? verified : [byCertificate, ...verified]
}

/** In their order, each with its source; what comes several times in a row once. */
function actionList(actions: readonly JsonValue[]): string[] {
  const list: { words: string; count: number }[] = []
  for (const action of actions) {
    const source = text(member(action, 'digitalSourceType'))
    const what = actionWords(text(member(action, 'action')) ?? 'something without a name')
    const words = source === undefined ? what : `${what} ${sourceWords(source)}`
    const last = list.at(-1)
    if (last?.words === words) last.count++
    else list.push({ words, count: 1 })
  }
  return list.map(({ words, count }) => (count > 1 ? `${words} (${count} times)` : words))
}

function ingredientView(ingredient: JsonValue): IngredientView {
  const results = member(member(ingredient, 'validation_results'), 'activeManifest')
  const failures = [...items(member(results, 'failure')), ...items(member(ingredient, 'validation_status'))]
  const label = text(member(ingredient, 'active_manifest'))
  return {
    title: text(member(ingredient, 'title')) ?? 'an untitled file',
    isParent: member(ingredient, 'relationship') === 'parentOf',
    manifest: member(ingredient, 'manifest_data') === undefined ? undefined : label,
    hadCredentials: label !== undefined,
    failedThen: [...new Set(failures.flatMap((failure) => text(member(failure, 'code')) ?? []))],
  }
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
  return Object.hasOwn(value, name) ? (value as { readonly [key: string]: JsonValue })[name] : undefined
}

function members(value: JsonValue | undefined): [string, JsonValue][] {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : []
}

function items(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
