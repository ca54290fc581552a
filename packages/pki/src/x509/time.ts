/** Time, RFC 5280 §4.1.2.5. */
import { type Der, der } from '@countersign/codec'

const Alternatives = der.choice<{ utcTime: Date; generalizedTime: Date }>({
  utcTime: der.utcTime,
  generalizedTime: der.generalizedTime,
})

/**
 *     Time ::= CHOICE { utcTime UTCTime, generalTime GeneralizedTime }
 *
 * Years 1950 to 2049 are written as UTCTime, all others as GeneralizedTime.
 */
export const Time: Der<Date> = {
  tag: undefined,
  accepts: Alternatives.accepts,
  encode: (value) => {
    const year = value.getUTCFullYear()
    return year >= 1950 && year < 2050 ? der.utcTime.encode(value) : der.generalizedTime.encode(value)
  },
  decode: (bytes) => Alternatives.decode(bytes).value,
  fromElement: (element) => Alternatives.fromElement(element).value,
}
