/** A JSON text with one long array, RFC 8259, taken apart as it comes in: its elements one by one, the rest as a whole. */

/** What the text may be. In characters. */
export type JsonBounds = {
  /** The member of an object that has the array; the text may also be the array alone. */
  readonly member: string
  readonly longestElement: number
  readonly longestRest: number
}

/** The text is no JSON, or none with such an array. */
export class JsonError extends Error {
  /** Which element is at fault, the first being 1; undefined where it is none. */
  readonly element: number | undefined
  constructor(element: number | undefined, message: string) {
    super(message)
    this.name = 'JsonError'
    this.element = element
  }
}

export type JsonRecords = {
  write(text: string): void
  /** What stands around the elements: the object with an empty array in their place, or that array. */
  end(): unknown
}

type Place = 'before' | 'between' | 'element' | 'after'

/** Finds the elements of the array, each an object. Whatever lies in an element, its end is found in one pass. */
export function createJsonRecords(
  { member, longestElement, longestRest }: JsonBounds,
  onElement: (value: object, number: number) => void,
): JsonRecords {
  const named = new RegExp(`"${member}"[ \\t\\r\\n]*:[ \\t\\r\\n]*$`)
  let place: Place = 'before'
  let depth = 0
  let isString = false
  let isEscaped = false
  let element = ''
  let rest = ''
  /** The end of that, as long as the name of the array may be: to look at the end of a text that grows copies all of it. */
  let tail = ''
  /** Whether anything but blanks has come. */
  let isBegun = false
  let count = 0
  /** What may come next between elements. */
  let expects: 'element or end' | 'element' | 'comma or end' = 'element or end'

  const fault = (message: string): JsonError => new JsonError(place === 'element' ? count : undefined, message)

  function keep(text: string): void {
    if (place === 'element') {
      element += text
      if (element.length > longestElement) throw fault(`it is longer than ${longestElement} characters.`)
    } else {
      rest += text
      if (place === 'before') {
        tail = (tail + text).slice(-member.length - MOST_BLANKS)
        isBegun ||= /[^ \t\r\n]/.test(text)
      }
      if (rest.length > longestRest) throw fault(`there are more than ${longestRest} characters beside ${member}.`)
    }
  }

  /** Whether a bracket at this place opens the array: it stands alone, or behind the name. */
  function opensArray(): boolean {
    return depth === 0 ? !isBegun : depth === 1 && named.test(tail)
  }

  /** Passes over a string, or as much of it as is there. */
  function string(text: string, at: number): number {
    let next = at
    if (isEscaped) next++
    isEscaped = false
    for (;;) {
      END_OF_STRING.lastIndex = next
      const found = END_OF_STRING.exec(text)
      if (!found) return text.length
      next = found.index + 1
      if (found[0] === '"') {
        isString = false
        return next
      }
      if (next === text.length) isEscaped = true
      next++
    }
  }

  /** Up to the next character that matters, and that one. */
  function structure(text: string, at: number): number {
    STRUCTURE.lastIndex = at
    const found = STRUCTURE.exec(text)
    if (!found) {
      keep(text.slice(at))
      return text.length
    }
    keep(text.slice(at, found.index))
    const [character] = found
    if (character === '[' && place === 'before' && opensArray()) place = 'between'
    if (character === '"') isString = true
    else depth += character === '{' || character === '[' ? 1 : -1
    if (depth < 0 || depth > MOST_DEPTH) throw fault(depth < 0 ? 'a bracket is closed that was not opened.' : TOO_DEEP)
    // What closes the array comes later, with all that stands behind it.
    if (place !== 'between') keep(character)
    else rest += '['
    if (place === 'element' && depth === arrayDepth) endElement()
    return found.index + 1
  }

  let arrayDepth = 0

  function between(text: string, at: number): number {
    if (arrayDepth === 0) arrayDepth = depth
    const character = text[at] as string
    if (/[ \t\r\n]/.test(character)) return at + 1
    if (character === ',' && expects === 'comma or end') expects = 'element'
    else if (character === ']' && expects !== 'element') {
      place = 'after'
      depth--
      keep(']')
    } else if (character === '{' && expects !== 'comma or end') {
      place = 'element'
      count++
      depth++
      keep('{')
    } else throw new JsonError(count + 1, 'an object is to stand here, and a comma between two.')
    return at + 1
  }

  function endElement(): void {
    let value: object
    try {
      value = JSON.parse(element) as object
    } catch (cause) {
      throw Object.assign(fault('it is no JSON.'), { cause })
    }
    element = ''
    onElement(value, count)
    place = 'between'
    expects = 'comma or end'
  }

  return {
    write(text) {
      for (let at = 0; at < text.length; ) {
        if (isString) {
          const end = string(text, at)
          keep(text.slice(at, end))
          at = end
        } else at = place === 'between' ? between(text, at) : structure(text, at)
      }
    },
    end() {
      if (place === 'before') throw fault(`it has no array ${member}.`)
      if (depth > 0 || isString) throw fault('it is cut short.')
      try {
        return JSON.parse(rest)
      } catch (cause) {
        throw Object.assign(fault('it is no JSON.'), { cause })
      }
    },
  }
}

const END_OF_STRING = /["\\]/g
const STRUCTURE = /["{}[\]]/g
const MOST_DEPTH = 32
/** Between the name of the array and its bracket. */
const MOST_BLANKS = 64
const TOO_DEEP = `it is nested more than ${MOST_DEPTH} deep.`
