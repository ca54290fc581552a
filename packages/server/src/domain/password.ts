/** Passwords that people choose, by NIST SP 800-63B §5.1.1.2: long enough, not known to everybody, and nothing else. */
import { Refusal } from './refusal.ts'

/** Keeps passwords as what they can be checked by and not be found from: Argon2id in PHC form. */
export type Passwords = {
  hash(password: string): Promise<string>
  /** Takes as long without a hash, as for somebody who is not there, and then says no. */
  verify(phc: string | undefined, password: string): Promise<boolean>
  /** Whether it was made with other parameters than a new one would be. */
  isOutdated(phc: string): boolean
}

/** In characters. */
const LEAST = 12
/** What is longer serves nobody, and has to be hashed. */
export const MOST_PASSWORD = 256

/** Throws a Refusal for a password that others would try. */
export function checkNewPassword(field: string, password: string, email: string): void {
  const length = Array.from(password.normalize('NFC')).length
  if (length < LEAST || length > MOST_PASSWORD)
    throw refusal(field, `${LEAST} to ${MOST_PASSWORD} characters, any that you like.`)
  if (isCommon(password, email))
    throw refusal(
      field,
      'this is one that others try first. Take several words that have nothing to do with one another.',
    )
}

function refusal(field: string, sentence: string): Refusal {
  return new Refusal('invalid', 'invalid_password', `${field}: ${sentence}`)
}

function isCommon(password: string, email: string): boolean {
  if (new Set(password.toLowerCase()).size < 5) return true
  const letters = plain(password)
  // Nobody puts so many signs between the letters of a word.
  if (password.length - letters.length >= 8) return false
  const local = email.split('@')[0] as string
  return isSequence(letters) || isWordsAndDigits(letters, [plain(email), plain(local), ...COMMON])
}

/** Without regard to case, to what stands between, and to the digits that are put for letters. */
function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('0', 'o')
    .replaceAll('@', 'a')
    .replaceAll('$', 's')
    .replaceAll('!', 'i')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .replaceAll('1', 'i')
    .replaceAll('3', 'e')
}

/** Words, and beside them less than four characters, or digits alone. */
function isWordsAndDigits(letters: string, words: readonly string[]): boolean {
  const known = words.filter((word) => word.length > 2).toSorted((a, b) => b.length - a.length)
  const rest = known.reduce((left, word) => left.replaceAll(word, ''), letters)
  return rest !== letters && (rest.length < 4 || /^[\p{N}oie]*$/u.test(rest))
}

/** Each character one after the one before it, or one before it, as on the keyboard or in the alphabet. */
function isSequence(letters: string): boolean {
  return SEQUENCES.some((row) => row.repeat(1 + Math.ceil(letters.length / row.length)).includes(letters))
}

const ROWS = ['abcdefghijklmnopqrstuvwxyz', 'qwertyuiopasdfghjklzxcvbnm', 'qwertzuiopasdfghjklyxcvbnm', '1234567890']
const SEQUENCES = ROWS.flatMap((row) => [row, Array.from(row).reverse().join('')]).map(plain)

/** What the commonest passwords consist of. */
const COMMON = [
  ...['password', 'passwort', 'passw', 'motdepasse', 'contrasena', 'kennwort', 'letmein', 'iloveyou', 'welcome'],
  ...['administrator', 'admin', 'changeme', 'secret', 'qwerty', 'qwertz', 'azerty', 'asdfgh', 'qazwsx', 'zaqi2wsx'],
  ...['monkey', 'dragon', 'football', 'baseball', 'basketball', 'sunshine', 'princess', 'superman', 'batman', 'master'],
  ...['shadow', 'trustno', 'starwars', 'whatever', 'michael', 'jennifer', 'abc', 'test', 'default', 'login', 'user'],
  ...['countersign', 'correcthorsebatterystaple', 'thequickbrownfox', 'liverpool', 'chocolate', 'computer', 'internet'],
  ...['summer', 'winter', 'spring', 'autumn', 'sommer', 'hallo', 'hello', 'company', 'guest', 'root'],
].map(plain)
