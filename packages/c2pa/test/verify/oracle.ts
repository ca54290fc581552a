/** What c2pa-rs said of the files of a corpus, and how our report is held against it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { decodePem } from '@countersign/codec'
import { detectFormat } from '../../src/formats/detect.ts'
import type { Finding } from '../../src/report/finding.ts'
import type { Report } from '../../src/report/report.ts'
import { statusCodes } from '../../src/report/status-code.ts'
import { verify } from '../../src/verify/verify.ts'

type Verdict =
  | { readonly validation_state: null; readonly error: string }
  | {
      readonly validation_state: Report['state']
      readonly error?: undefined
      readonly claim_version: number | null
      readonly success: readonly string[]
      readonly informational: readonly string[]
      readonly failure: readonly string[]
      readonly ingredient_failure: readonly string[]
      readonly ingredient_informational: readonly string[]
    }

export type Expectation = {
  readonly file: string
  readonly no_anchors: Verdict
  readonly with_anchors: Verdict
  readonly spec_2_2?: { readonly expect: string; readonly clause: string }
}

export type Corpus = {
  readonly folder: URL
  readonly files: readonly Expectation[]
  readonly anchors: readonly Uint8Array[]
}

/** The moment at which the oracle's clock stood. */
const NOW = new Date('2026-11-23T00:00:00Z')

/** Every file of a corpus whose format is known here, and those that the oracle can't read; undefined where the folder is absent. */
export function readCorpus(folder: URL): Corpus | undefined {
  if (!existsSync(folder)) return undefined
  const expected = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as { files: Expectation[] }
  const trust = new URL('trust/', folder)
  return {
    folder,
    files: expected.files.filter(
      ({ file, with_anchors: verdict }) =>
        verdict.error !== undefined || detectFormat(readFileSync(new URL(file, folder))) !== undefined,
    ),
    anchors: readdirSync(trust).flatMap((name) =>
      decodePem(readFileSync(new URL(name, trust), 'utf8')).map(({ bytes }) => bytes),
    ),
  }
}

const NONE: readonly Uint8Array[] = []

export async function reportOn({ folder, anchors }: Corpus, file: string, withAnchors: boolean): Promise<Report> {
  const trust = withAnchors ? anchors : NONE
  return verify(new Uint8Array(readFileSync(new URL(file, folder))), { trust, tsaTrust: trust, now: NOW })
}

/** How our reports on a file, without anchors and with them, differ from what is expected; empty when they don't. */
export async function differences(corpus: Corpus, expectation: Expectation): Promise<string[]> {
  const found: string[] = []
  for (const mode of ['no_anchors', 'with_anchors'] as const) {
    const report = await reportOn(corpus, expectation.file, mode === 'with_anchors')
    const list = expectation.spec_2_2
      ? fromSpecification(report, expectation.spec_2_2.expect, mode === 'with_anchors')
      : fromOracle(report, expectation[mode])
    found.push(...list.map((difference) => `${mode}: ${difference}`))
  }
  return found
}

/** `spec_2_2` names a code, or says accept or reject. */
function fromSpecification(report: Report, expect: string, withAnchors: boolean): string[] {
  if (expect === 'valid' || expect === 'accept') return sameState(report, withAnchors ? 'Trusted' : 'Valid')
  const codes = report.findings.map(({ code }) => code as string)
  const code = Object.keys(statusCodes).find((candidate) => expect.includes(candidate))
  // Time-stamp trouble and a store of another name: nothing to see, and nothing to refuse but the latter.
  if (expect === 'no manifest store found')
    return codes.includes('claim.missing') ? sameState(report, 'Invalid') : ['found']
  if (code === undefined) return sameState(report, 'Invalid')
  // What the anchors decide is another matter without them: an unknown authority's time does not count.
  const needsAnchors = code === 'claimSignature.outsideValidity' && !withAnchors
  if (!codes.includes(code) && !needsAnchors) return [`${code} is missing among ${codes.join(' ')}`]
  if (statusCodes[code as keyof typeof statusCodes].kind === 'failure' && !needsAnchors)
    return sameState(report, 'Invalid')
  return []
}

function sameState(report: Report, state: Report['state']): string[] {
  return report.state === state ? [] : [`${report.state} where ${state} is expected`]
}

function fromOracle(report: Report, verdict: Verdict): string[] {
  // Where the oracle refuses to read at all, a report that says why is better.
  if (verdict.error !== undefined)
    return report.state === 'Invalid' && ofKind(report.findings, 'failure').size > 0
      ? []
      : [`${report.state}, oracle: ${verdict.error}`]
  const ofIngredients = report.ingredientDeltas.flatMap(({ findings }) => findings)
  const expected = {
    success: new Set(verdict.success),
    informational: new Set(verdict.informational),
    failure: new Set(verdict.failure),
    ingredientInformational: new Set(verdict.ingredient_informational),
    ingredientFailure: new Set(verdict.ingredient_failure),
  }
  const ours = {
    success: ofKind(report.findings, 'success'),
    informational: ofKind(report.findings, 'informational'),
    failure: ofKind(report.findings, 'failure'),
    ingredientInformational: ofKind(ofIngredients, 'informational'),
    ingredientFailure: ofKind(ofIngredients, 'failure'),
  }
  const isV1 = verdict.claim_version === 1
  const hasV1Ingredient = report.manifests.some(
    ({ label, claimVersion }) => claimVersion === 1 && label !== report.activeManifest,
  )
  for (const { when, ours: change, oracle } of EQUIVALENTS) {
    if (!when({ expected, isV1, hasV1Ingredient })) continue
    change?.(ours)
    oracle?.(expected)
  }
  const sets = (Object.keys(expected) as (keyof Sets)[]).flatMap((kind) => {
    const more = [...ours[kind].difference(expected[kind])].map((code) => `+${code}`)
    const less = [...expected[kind].difference(ours[kind])].map((code) => `-${code}`)
    return more.length + less.length === 0 ? [] : [`${kind}: ${[...more, ...less].join(' ')}`]
  })
  return [...sameState(report, verdict.validation_state), ...sets, ...sameVersion(report, verdict.claim_version)]
}

function ofKind(findings: readonly Finding[], kind: Finding['kind']): Set<string> {
  return new Set(findings.filter((finding) => finding.kind === kind).map(({ code }) => code))
}

/** The oracle names none of some manifests that it does not like. */
function sameVersion({ manifests, activeManifest }: Report, expected: number | null): string[] {
  const version = manifests.find(({ label }) => label === activeManifest)?.claimVersion
  return expected === null || version === expected ? [] : [`claim version ${version} where ${expected} is expected`]
}

type Sets = {
  success: Set<string>
  informational: Set<string>
  failure: Set<string>
  ingredientInformational: Set<string>
  ingredientFailure: Set<string>
}

/** Codes that the oracle uses otherwise than 2.2 does: the specification's count. */
const EQUIVALENTS: readonly {
  readonly why: string
  readonly when: (of: { expected: Sets; isV1: boolean; hasV1Ingredient: boolean }) => boolean
  readonly ours?: (sets: Sets) => void
  readonly oracle?: (sets: Sets) => void
}[] = [
  {
    why: 'signingCredential.expired is of version 1.x: 2.2 has claimSignature.outsideValidity, and then no insideValidity',
    when: ({ expected }) => expected.failure.has('signingCredential.expired'),
    oracle({ success, failure }) {
      failure.delete('signingCredential.expired')
      failure.add('claimSignature.outsideValidity')
      success.delete('claimSignature.insideValidity')
    },
  },
  {
    why: 'which assertion that is the oracle does not say for identity assertions; CAWG 1.1 §7.2.2 has a code for it',
    when: ({ expected }) => expected.failure.has('assertion.required.missing'),
    ours: ({ failure }) => failure.delete('cawg.identity.cbor.invalid'),
  },
  {
    why: 'assertion.required.missing is not in 2.2: it says that the manifest could not be loaded for the assertion before it',
    when: ({ expected }) => expected.failure.has('assertion.required.missing'),
    oracle: ({ failure }) => failure.delete('assertion.required.missing'),
  },
  {
    why: 'a hash that matches around a wrong exclusion is reported as both; in 2.2 there is a match only without error',
    when: ({ expected }) => expected.failure.has('assertion.dataHash.mismatch'),
    oracle: ({ success }) => success.delete('assertion.dataHash.match'),
  },
  {
    why: 'for claims v1 the oracle looks at no list of time-stamp authorities; 2.2 §15.8.2 makes no difference between versions',
    when: ({ isV1 }) => isV1,
    ours({ success, informational }) {
      success.delete('timeStamp.trusted')
      informational.delete('timeStamp.untrusted')
    },
    oracle: ({ success }) => success.delete('timeStamp.trusted'),
  },
  {
    why: 'and so for the claims v1 of ingredients',
    when: ({ hasV1Ingredient }) => hasV1Ingredient,
    ours: ({ ingredientInformational }) => ingredientInformational.delete('timeStamp.untrusted'),
  },
  {
    why: 'where a response is stapled the oracle says nothing of it, good as it may be; 2.2 §15.9.1 has notRevoked, or skipped without a trusted time',
    when: ({ expected }) => !expected.informational.has('signingCredential.ocsp.skipped'),
    ours({ success, informational }) {
      success.delete('signingCredential.ocsp.notRevoked')
      informational.delete('signingCredential.ocsp.skipped')
    },
  },
  {
    why: 'and so for the responses of ingredients',
    when: ({ expected }) => !expected.ingredientInformational.has('signingCredential.ocsp.skipped'),
    ours: ({ ingredientInformational }) => ingredientInformational.delete('signingCredential.ocsp.skipped'),
  },
]
