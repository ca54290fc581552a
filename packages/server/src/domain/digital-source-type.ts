import { Refusal } from './refusal.ts'

const IPTC = 'http://cv.iptc.org/newscodes/digitalsourcetype/'
const C2PA = 'http://c2pa.org/digitalsourcetype/'

/**
 * What C2PA 2.2 §18.15.4.3 allows as the source of an asset: the terms of the IPTC vocabulary that are not retired
 * (https://cv.iptc.org/newscodes/digitalsourcetype/), and two of its own.
 */
export const DIGITAL_SOURCE_TYPES: readonly string[] = [
  `${IPTC}digitalCapture`,
  `${IPTC}computationalCapture`,
  `${IPTC}negativeFilm`,
  `${IPTC}positiveFilm`,
  `${IPTC}print`,
  `${IPTC}humanEdits`,
  `${IPTC}compositeCapture`,
  `${IPTC}compositeWithTrainedAlgorithmicMedia`,
  `${IPTC}compositeSynthetic`,
  `${IPTC}composite`,
  `${IPTC}algorithmicallyEnhanced`,
  `${IPTC}algorithmicMedia`,
  `${IPTC}trainedAlgorithmicMedia`,
  `${IPTC}dataDrivenMedia`,
  `${IPTC}digitalCreation`,
  `${IPTC}screenCapture`,
  `${IPTC}virtualRecording`,
  `${C2PA}empty`,
  `${C2PA}trainedAlgorithmicData`,
]

const term = (url: string): string => url.slice(url.lastIndexOf('/') + 1)
const known = new Map(
  DIGITAL_SOURCE_TYPES.flatMap((url) => [
    [term(url).toLowerCase(), url],
    [url.toLowerCase(), url],
    [url.toLowerCase().replace('http://', 'https://'), url],
  ]),
)

/** The full URL of a source type that is given as a term or as a URL, in any case. */
export function digitalSourceType(text: string): string {
  const url = known.get(text.trim().toLowerCase())
  if (url) return url
  throw new Refusal(
    'invalid',
    'invalid_request',
    `Invalid parameter digitalSourceType. It is a term of the IPTC vocabulary that C2PA allows, or its URL: ${DIGITAL_SOURCE_TYPES.map(term).join(', ')}.`,
  )
}
