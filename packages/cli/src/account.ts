/** The account of one file for people: who signed what, when, with what history, and what is wrong. */
import { type Finding, type Report, type StatusCode, statusCodes } from '@countersign/c2pa'
import { wordsOf } from './finding-words.ts'
import { type IngredientView, type ManifestView, manifestViews } from './manifest-view.ts'
import type { Paint } from './paint.ts'
import { plain } from './plain-text.ts'

/** Whether there was nothing to verify. Several manifest stores are as none, C2PA 2.2 §15.5.2.1. */
export function isEmpty(report: Report): boolean {
  return report.activeManifest === undefined && report.findings.every(({ code }) => code === 'claim.missing')
}

/** How the file was verified: what else might be asked for is said where it would tell more. */
export type Asked = {
  /** Whether anybody is trusted at all. */
  readonly hasTrust: boolean
  /** Whether what stands elsewhere was fetched. */
  readonly isOnline: boolean
  /** The file beside it that the manifest store was read from, if it was. */
  readonly sidecar: string | undefined
}

/** The lines about one file. */
export function account(file: string, report: Report, asked: Asked, paint: Paint): string[] {
  const manifests = manifestViews(report)
  const active = manifests.get(report.activeManifest ?? '')
  return [
    headline(file, report, paint),
    ...fact('Read from', asked.sidecar && `${asked.sidecar}, which stands beside it`, paint),
    ...(active ? facts(report, active, paint) : []),
    ...(active ? history(report, active, manifests, paint) : []),
    ...problems(report, manifests, paint),
    ...hints(report, asked, paint),
  ]
}

function hints({ state, format, findings }: Report, { hasTrust, isOnline }: Asked, { dim }: Paint): string[] {
  const isElsewhere = findings.some(({ code }) => code === 'manifest.inaccessible')
  const lines = [
    ...(state === 'Valid' && !hasTrust ? ['--trust FILE says whom you trust'] : []),
    ...(isElsewhere && !isOnline ? ['--online fetches what stands elsewhere'] : []),
    ...(format === 'application/c2pa' ? ['It is a manifest store alone: verify the file that it stands beside'] : []),
  ]
  return lines.length === 0 ? [] : ['', ...lines.map((line) => `  ${dim(line)}`)]
}

function fact(name: string, value: string | undefined, { dim }: Paint): string[] {
  return value === undefined ? [] : [`  ${dim(name.padEnd(11))} ${plain(value)}`]
}

function headline(file: string, report: Report, { bold, green, yellow, red }: Paint): string {
  const name = bold(plain(file))
  if (isEmpty(report)) {
    const why = report.findings.map(({ explanation }) => explanation).find((text) => !/^there is no /.test(text))
    return `${yellow('○')} ${name}  ${yellow('no Content Credentials')}${why === undefined ? '' : `: ${plain(why)}`}`
  }
  const verdict = verdictOf(report)
  if (report.state === 'Trusted') return `${green('✓')} ${name}  ${green('Trusted')}: ${verdict}`
  if (report.state === 'Valid') return `${yellow('!')} ${name}  ${yellow('Valid')}: ${verdict}`
  return `${red('✗')} ${name}  ${red('Invalid')}: ${verdict}`
}

function verdictOf(report: Report): string {
  if (report.state === 'Trusted') return 'not changed since it was signed, by a signer you trust'
  if (report.state === 'Valid')
    return has(report, 'signingCredential.trusted')
      ? 'not changed since it was signed, by a signer you trust; somebody else in it you do not'
      : 'not changed since it was signed, but by a signer you do not trust'
  return report.activeManifest === undefined
    ? 'its Content Credentials could not be read'
    : 'do not rely on what its Content Credentials say'
}

/** Whether that is said of the active manifest's own signature: identity assertions have signatures and time stamps too. */
function has({ findings, activeManifest }: Report, code: StatusCode): boolean {
  return findings.some((finding) => finding.code === code && isOfSignature(finding, activeManifest))
}

function isOfSignature({ url }: Finding, label: string | undefined): boolean {
  return url === `self#jumbf=/c2pa/${label}/c2pa.signature`
}

/** What the signature of a manifest below proves of who signed it. */
function standingOf(label: string | undefined, { manifests }: Report): string {
  const proven = (code: StatusCode): boolean =>
    manifests.some(
      (manifest) =>
        manifest.label === label &&
        manifest.findings.some((finding) => finding.code === code && isOfSignature(finding, label)),
    )
  if (!proven('claimSignature.validated')) return ', which the signature does not prove'
  return proven('signingCredential.trusted') ? '' : ', whom nobody you trust vouches for'
}

const MOST_IDENTITIES = 5

/** What is said of the file itself. */
function facts(report: Report, active: ManifestView, paint: Paint): string[] {
  const row = (name: string, value: string | undefined): string[] => fact(name, value, paint)
  const proven = has(report, 'claimSignature.validated') ? '' : ', which the signature does not prove'
  const stamp = has(report, 'timeStamp.trusted')
    ? 'by a time stamp that you trust'
    : 'by a time stamp of an authority that you do not trust'
  return [
    ...row('Signed by', active.signer && `${active.signer}${proven}`),
    ...row('Signed at', active.time && `${active.time}, ${stamp}`),
    ...row('Signed at', active.signer && !active.time ? 'an unknown time: no time stamp tells' : undefined),
    ...active.identities
      .slice(0, MOST_IDENTITIES)
      .flatMap((name) => row('Identity', `${name}, for which nobody you trust vouches`)),
    ...row('Made with', active.generator),
    ...row('Title', active.title),
    ...row(
      'Redacted',
      active.redactions > 0
        ? `${active.redactions} statement${active.redactions > 1 ? 's' : ''} of the files it was made from`
        : undefined,
    ),
  ]
}

const MOST_DEPTH = 12
const MOST_LINES = 60

/** What was done, and from what it was made: a tree of the files that went into it, each with its own history. */
function history(
  report: Report,
  active: ManifestView,
  manifests: ReadonlyMap<string, ManifestView>,
  paint: Paint,
): string[] {
  const lines: string[] = []
  const passed = new Set([report.activeManifest ?? ''])

  function branch(manifest: ManifestView, indent: string, depth: number): void {
    const { actions, ingredients } = manifest
    if (actions.length > 0)
      lines.push(
        `${indent}${ingredients.length > 0 && depth > 0 ? '│ ' : depth > 0 ? '  ' : ''}${plain(actions.join(', '))}`,
      )
    for (const [index, ingredient] of ingredients.entries()) {
      if (lines.length > MOST_LINES) return
      const isLast = index === ingredients.length - 1
      lines.push(`${indent}${isLast ? '└─' : '├─'} ${ingredientLine(ingredient, report, manifests, paint)}`)
      const inner = manifests.get(ingredient.manifest ?? '')
      if (!inner || ingredient.manifest === undefined) continue
      const below = `${indent}${isLast ? '   ' : '│  '}`
      if (passed.has(ingredient.manifest)) continue
      passed.add(ingredient.manifest)
      if (depth < MOST_DEPTH) branch(inner, below, depth + 1)
      else lines.push(`${below}…`)
    }
  }

  branch(active, '    ', 0)
  if (lines.length === 0) return []
  const shown = lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), '    …'] : lines
  return ['', `  ${paint.dim('History')}`, ...shown]
}

function ingredientLine(
  { title, isParent, manifest, hadCredentials, failedThen }: IngredientView,
  report: Report,
  manifests: ReadonlyMap<string, ManifestView>,
  { bold, dim, red }: Paint,
): string {
  const inner = manifests.get(manifest ?? '')
  const about = inner
    ? inner.signer === undefined
      ? 'signed by nobody'
      : [
          `signed by ${plain(inner.signer)}`,
          ...(inner.time === undefined ? [] : [`, ${plain(inner.time)}`]),
          standingOf(manifest, report),
        ].join('')
    : hadCredentials
      ? 'whose Content Credentials are not there'
      : 'no Content Credentials'
  // That somebody trusted others then is no news.
  const then = new Set(failedThen.filter((code) => !isInformational(code) && !/untrusted$/.test(code)).map(thenWords))
  return [
    `${isParent ? 'from' : 'with'} ${bold(plain(title))}${dim(`, ${about}`)}`,
    ...(then.size > 0 ? [red(`, already invalid then: ${[...then].slice(0, 3).join('; ')}`)] : []),
  ].join('')
}

/** In the middle of a line; a code that is none of those known is told as it is. */
function thenWords(code: string): string {
  if (!Object.hasOwn(statusCodes, code)) return plain(code)
  const words = wordsOf(code as StatusCode).replace(/\.$/, '')
  return `${words[0]?.toLowerCase()}${words.slice(1)}`
}

function isInformational(code: string): boolean {
  return Object.hasOwn(statusCodes, code) && statusCodes[code as StatusCode].kind === 'informational'
}

type Problem = { readonly finding: Finding; readonly where: string; count: number }

const MOST_PROBLEMS = 30

/** What is wrong, then what is worth knowing: each in plain words, and below it for those who look things up. */
function problems(report: Report, manifests: ReadonlyMap<string, ManifestView>, { red, yellow, dim }: Paint): string[] {
  if (isEmpty(report)) return []
  const all = collect(report, manifests)
  const section = (title: string, mark: string, list: readonly Problem[]): string[] =>
    list.length === 0
      ? []
      : [
          '',
          `  ${dim(title)}`,
          ...list
            .slice(0, MOST_PROBLEMS)
            .flatMap(({ finding, where, count }) => [
              `    ${mark} ${where}${wordsOf(finding.code)}`,
              `      ${dim([finding.code, ...details(finding), ...(count > 1 ? [`${count} times`] : [])].join(' · '))}`,
            ]),
          ...(list.length > MOST_PROBLEMS ? [`    and ${list.length - MOST_PROBLEMS} more`] : []),
        ]
  return [
    ...section(
      'What is wrong',
      red('✗'),
      all.filter(({ finding }) => finding.kind === 'failure'),
    ),
    ...section(
      'Worth knowing',
      yellow('!'),
      all.filter(({ finding }) => finding.kind === 'informational'),
    ),
  ]
}

/** Said where it is no news: nothing was asked, or the history shows it. */
const UNSAID: ReadonlySet<StatusCode> = new Set<StatusCode>([
  'ingredient.unknownProvenance',
  'signingCredential.ocsp.skipped',
  'timeOfSigning.insideValidity',
])

function collect(report: Report, manifests: ReadonlyMap<string, ManifestView>): Problem[] {
  const found = new Map<string, Problem>()
  const all = [...report.findings, ...report.ingredientDeltas.flatMap(({ findings }) => findings)]
  for (const finding of all) {
    if (finding.kind === 'success' || UNSAID.has(finding.code)) continue
    const label = /\/c2pa\/([^/]+)/.exec(finding.url)?.[1]
    const isOwn = label === undefined || label === report.activeManifest
    const where = isOwn ? '' : `${plain(titleOf(label, manifests))}: `
    const key = [finding.code, where, ...details(finding)].join('\n')
    const known = found.get(key)
    if (known) known.count++
    else found.set(key, { finding, where, count: 1 })
  }
  return [...found.values()]
}

/** As the history calls it: by the name under which it went into another file. */
function titleOf(label: string, manifests: ReadonlyMap<string, ManifestView>): string {
  for (const { ingredients } of manifests.values())
    for (const { manifest, title } of ingredients) if (manifest === label) return title
  return manifests.get(label)?.title ?? 'A file that went into it'
}

/** Which box it is about, where that says more than that there is one, and what the verifier says beyond the code. */
function details({ code, url, explanation }: Finding): string[] {
  const box = /\/c2pa\.(?:assertions|databoxes)\/([^/]+)$/.exec(url)?.[1]
  // What follows the code's own explanation is in c2pa-rs's words; after a colon it says what.
  const { explanation: general } = statusCodes[code]
  const said = explanation.replace(/^asset hash error, name: .*, error: (?:hash verification\(.*\)$)?/s, `${general}: `)
  const rest = said.startsWith(general) ? said.slice(general.length) : `: ${said}`
  const isNews = rest.startsWith(': ') && rest.length > 2 && (box === undefined || !rest.endsWith(`/${box}`))
  const particular = isNews ? [plain(rest.slice(2))] : []
  return [...(box === undefined ? [] : [plain(box)]), ...particular]
}
