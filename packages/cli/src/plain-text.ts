/** What others wrote, as a terminal may be given it. */

const LONGEST = 200

/**
 * Characters that a terminal obeys or that turn the text around: controls, formatting (but for the joiners that some
 * scripts need), and what breaks a line.
 */
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu

/** More marks than any script puts on one letter: they would be drawn over other lines. */
const PILED_MARKS = /(\p{M}{4})\p{M}+/gu

/** A text in one line, without what a terminal would obey. */
export function harmless(text: string): string {
  return text.toWellFormed().replace(UNSAFE, '\u{fffd}').replace(PILED_MARKS, '$1')
}

/** The same, shortened. */
export function plain(text: string): string {
  const safe = harmless(text)
  return safe.length > LONGEST ? `${safe.slice(0, LONGEST).toWellFormed()}…` : safe
}

/** The same JSON, with each character that a terminal would obey as its escape; in one line without indentation. */
export function plainJson(value: unknown, indentation = 2): string {
  return JSON.stringify(value, null, indentation).replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
