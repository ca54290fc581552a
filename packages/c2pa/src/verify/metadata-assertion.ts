/** Which fields a metadata assertion may have. C2PA 2.2 §15.10.3.2.3 and Appendix B. */

/** Namespace of each prefix, and of the partly supported ones the fields (B.2); others are supported in full (B.1). */
const SCHEMAS: readonly {
  readonly prefix: string
  readonly namespaces: readonly string[]
  readonly fields?: string
}[] = [
  { prefix: 'xmp', namespaces: ['http://ns.adobe.com/xap/1.0/'] },
  { prefix: 'xmpMM', namespaces: ['http://ns.adobe.com/xap/1.0/mm/'] },
  { prefix: 'xmpTPg', namespaces: ['http://ns.adobe.com/xap/1.0/t/pg/'] },
  { prefix: 'crs', namespaces: ['http://ns.adobe.com/camera-raw-settings/1.0/'] },
  { prefix: 'pdf', namespaces: ['http://ns.adobe.com/pdf/1.3/'] },
  {
    prefix: 'dc',
    namespaces: ['http://purl.org/dc/elements/1.1/'],
    fields: 'coverage date format identifier language relation type',
  },
  { prefix: 'Iptc4xmpCore', namespaces: ['http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/'], fields: 'Scene' },
  {
    prefix: 'Iptc4xmpExt',
    namespaces: ['http://iptc.org/std/Iptc4xmpExt/2008-02-29/'],
    fields: `DigImageGUID DigitalSourceType EventId Genre ImageRating ImageRegion RegistryId LocationCreated
      LocationShown MaxAvailHeight MaxAvailWidth`,
  },
  {
    prefix: 'exif',
    namespaces: ['http://ns.adobe.com/exif/1.0/'],
    fields: `ApertureValue BrightnessValue CFAPattern ColorSpace CompressedBitsPerPixel Contrast CustomRendered
      DateTimeDigitized DateTimeOriginal DeviceSettingDescription DigitalZoomRatio ExifVersion ExposureBiasValue
      ExposureIndex ExposureMode ExposureProgram ExposureTime FileSource Flash FlashEnergy FlashpixVersion FNumber
      FocalLength FocalLengthIn35mmFilm FocalPlaneResolutionUnit FocalPlaneXResolution FocalPlaneYResolution GainControl
      ImageUniqueID ISOSpeedRatings LightSource MaxApertureValue MeteringMode OECF OffsetTimeOriginal PixelXDimension
      PixelYDimension RelatedSoundFile Saturation SceneCaptureType SceneType SensingMethod Sharpness ShutterSpeedValue
      SpatialFrequencyResponse SpectralSensitivity SubjectArea SubjectDistance SubjectDistanceRange SubjectLocation
      WhiteBalance GPSAltitude GPSAltitudeRef GPSDateStamp GPSDestBearing GPSDestBearingRef GPSDestDistance
      GPSDestDistanceRef GPSDestLatitude GPSDestLongitude GPSDifferential GPSDOP GPSHPositioningError GPSImgDirection
      GPSImgDirectionRef GPSLatitude GPSLongitude GPSMapDatum GPSMeasureMode GPSProcessingMethod GPSSatellites GPSSpeed
      GPSSpeedRef GPSStatus GPSTimeStamp GPSTrack GPSTrackRef GPSVersionID`,
  },
  {
    prefix: 'exifEX',
    // The annex leaves out the last slash, which the namespace itself has.
    namespaces: ['http://cipa.jp/exif/1.0/exifEX', 'http://cipa.jp/exif/1.0/'],
    fields: `BodySerialNumber Gamma InteroperabilityIndex ISOSpeed ISOSpeedLatitudeyyy ISOSpeedLatitudezzz LensMake
      LensModel LensSerialNumber LensSpecification PhotographicSensitivity RecommendedExposureIndex SensitivityType
      StandardOutput-Sensitivity`,
  },
  {
    prefix: 'photoshop',
    namespaces: ['http://ns.adobe.com/photoshop/1.0/'],
    fields: `Category City ColorMode Country DateCreated DocumentAncestors History ICCProfile State
      SupplementalCategories TextLayers TransmissionReference Urgency`,
  },
  {
    prefix: 'tiff',
    namespaces: ['http://ns.adobe.com/tiff/1.0/'],
    fields: `BitsPerSample Compression DateTime ImageLength ImageWidth Make Model Orientation PhotometricInterpretation
      PlanarConfiguration PrimaryChromaticities ReferenceBlackWhite ResolutionUnit SamplesPerPixel Software
      TransferFunction WhitePoint XResolution YResolution YCbCrCoefficients YCbCrPositioning YCbCrSubSampling`,
  },
  {
    prefix: 'xmpDM',
    namespaces: ['http://ns.adobe.com/xmp/1.0/DynamicMedia/'],
    fields: `absPeakAudioFilePath album altTapeName altTimecode audioChannelType audioCompressor audioSampleRate
      audioSampleType beatSpliceParams cameraAngle cameraLabel cameraModel cameraMove comment contributedMedia duration
      fileDataRate genre good instrument introTime key logComment loop numberOfBeats markers outCue projectName
      projectRef pullDown relativePeakAudioFilePath relativeTimestamp releaseDate resampleParams scaleType scene shotDate
      shotDay shotLocation shotName shotNumber shotSize speakerPlacement startTimecode stretchMode takeNumber tapeName
      tempo timeScaleParams timeSignature trackNumber Tracks videoAlphaMode videoAlphaPremultipleColor
      videoAlphaUnityIsTransparent videoColorSpace videoCompressor videoFieldOrder videoFrameRate videoFrameSize
      videoPixelAspectRatio videoPixelDepth partOfCompilation lyrics discNumber`,
  },
  {
    prefix: 'plus',
    namespaces: ['http://ns.useplus.org/ldf/xmp/1.0/'],
    fields: `FileNameAsDelivered FirstPublicationDate ImageFileFormatAsDelivered ImageFileSizeAsDelivered ImageType
      Version`,
  },
]

const FIELDS_BY_NAMESPACE: ReadonlyMap<string, ReadonlySet<string> | 'all'> = new Map(
  SCHEMAS.flatMap(({ namespaces, fields }) =>
    namespaces.map((namespace) => [namespace, fields === undefined ? 'all' : new Set(fields.split(/\s+/))] as const),
  ),
)

const NAMESPACE_OF_PREFIX: ReadonlyMap<string, string> = new Map(
  SCHEMAS.map(({ prefix, namespaces }) => [prefix, namespaces[0] as string]),
)

/** The first field of a `c2pa.metadata` assertion that it may not have; undefined when there is none. */
export function disallowedField(content: unknown): string | undefined {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return 'no JSON-LD object'
  const context = '@context' in content ? content['@context'] : undefined
  return Object.keys(content).find((key) => !key.startsWith('@') && !isAllowed(key, context))
}

function isAllowed(key: string, context: unknown): boolean {
  const colon = key.indexOf(':')
  const prefix = key.slice(0, Math.max(0, colon))
  const stated = typeof context === 'object' && context !== null && Object.hasOwn(context, prefix)
  const namespace = stated ? (context as { [prefix: string]: unknown })[prefix] : NAMESPACE_OF_PREFIX.get(prefix)
  const fields = typeof namespace === 'string' ? FIELDS_BY_NAMESPACE.get(namespace) : undefined
  return fields === 'all' || (fields?.has(key.slice(colon + 1)) ?? false)
}
