import { subjectAlternativeName } from '../x509/certificate-extensions.ts'
import type { GeneralName } from '../x509/general-name.ts'
import type { LintSubject } from './lint-rule.ts'

/** The alternative names of the subject. */
export function alternativeNames({ certificate }: LintSubject): readonly GeneralName[] {
  return subjectAlternativeName(certificate) ?? []
}

/** What is to be said of the first alternative name that is wrong. */
export function wrongAlternative(
  subject: LintSubject,
  isWrong: (name: GeneralName) => boolean,
  what: string,
): string | undefined {
  const wrong = alternativeNames(subject).find(isWrong)
  return wrong && `has a ${wrong.type} in its subjectAltName that ${what}`
}
