/** What was done to a file, in words. C2PA 2.2 §18.15.4. */

const ACTIONS: Readonly<Record<string, string>> = {
  'c2pa.addedText': 'text added',
  'c2pa.adjustedColor': 'colours adjusted',
  'c2pa.changedSpeed': 'speed changed',
  'c2pa.color_adjustments': 'colours adjusted',
  'c2pa.converted': 'converted',
  'c2pa.created': 'created',
  'c2pa.cropped': 'cropped',
  'c2pa.deleted': 'something deleted',
  'c2pa.drawing': 'drawn on',
  'c2pa.dubbed': 'dubbed',
  'c2pa.edited': 'edited',
  'c2pa.edited.metadata': 'metadata edited',
  'c2pa.enhanced': 'enhanced',
  'c2pa.filtered': 'filtered',
  'c2pa.opened': 'opened',
  'c2pa.orientation': 'turned',
  'c2pa.placed': 'something placed in it',
  'c2pa.published': 'published',
  'c2pa.redacted': 'statements redacted',
  'c2pa.removed': 'something removed',
  'c2pa.repackaged': 'repackaged',
  'c2pa.resized': 'resized',
  'c2pa.resized.proportional': 'resized',
  'c2pa.transcoded': 'transcoded',
  'c2pa.translated': 'translated',
  'c2pa.trimmed': 'trimmed',
  'c2pa.unknown': 'something unknown done',
  'c2pa.watermarked': 'watermarked',
  'c2pa.watermarked.bound': 'watermarked',
  'c2pa.watermarked.unbound': 'watermarked',
}

const SOURCES: Readonly<Record<string, string>> = {
  algorithmicMedia: 'by an algorithm',
  algorithmicallyEnhanced: 'enhanced by an algorithm',
  compositeCapture: 'from several captures',
  compositeSynthetic: 'in part by AI',
  compositeWithTrainedAlgorithmicMedia: 'in part by AI',
  composite: 'from several sources',
  computationalCapture: 'with a camera that computes',
  dataDrivenMedia: 'from data',
  digitalArt: 'by hand, digitally',
  digitalCapture: 'with a camera or recorder',
  digitalCreation: 'by hand, digitally',
  empty: 'empty',
  humanEdits: 'by people',
  minorHumanEdits: 'with small edits by people',
  negativeFilm: 'from negative film',
  positiveFilm: 'from positive film',
  print: 'from a print',
  screenCapture: 'as a capture of a screen',
  softwareImage: 'by software',
  trainedAlgorithmicData: 'by AI',
  trainedAlgorithmicMedia: 'by AI',
  virtualRecording: 'as a recording of something virtual',
}

/** An action in a few words; one that is unknown by its own name. */
export function actionWords(action: string): string {
  return Object.hasOwn(ACTIONS, action) ? (ACTIONS[action] as string) : action
}

/** A digital source type in a few words; one that is unknown as it stands. */
export function sourceWords(url: string): string {
  const term = url.slice(url.lastIndexOf('/') + 1)
  return Object.hasOwn(SOURCES, term) ? (SOURCES[term] as string) : term
}
