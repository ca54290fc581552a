/** The cryptography this package needs from where it runs: `node.ts` and `web.ts` both give it, as `#crypto`. */

/** SHA-1 serves only to read key identifiers and OCSP CertIDs: no signature with it is ever accepted. */
export type HashAlgorithm = 'sha1' | 'sha256' | 'sha384' | 'sha512'

/** A hash that grows as bytes come. After `digest` it is spent. */
export type Hash = {
  update(bytes: Uint8Array): Hash
  digest(): Uint8Array
  /** The same state once more, to hash on in two directions. */
  copy(): Hash
}

/** Names of JOSE and COSE. The number of ES* is that of the hash: the curve is the key's own (C2PA 2.2 §13.2.1). */
export type SignatureAlgorithm =
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'EdDSA'
  | MlDsa

/** The parameter sets of FIPS 204, §4: names of keys and of what signs with them, as JOSE and COSE have them. */
export type MlDsa = 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87'

/** Whatever holds a private key: a process, a token, a remote service. */
export type Signer = {
  readonly algorithm: SignatureAlgorithm
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  /** The signature over `data` in X.509 form: ECDSA as the DER of Ecdsa-Sig-Value. */
  sign(data: Uint8Array): Promise<Uint8Array>
}

/** What `#crypto` exports, wherever it runs. */
export type CryptoPort = {
  createHash(algorithm: HashAlgorithm): Hash
  digest(algorithm: HashAlgorithm, bytes: Uint8Array): Uint8Array
  randomBytes(length: number): Uint8Array<ArrayBuffer>
  verifySignature(
    algorithm: SignatureAlgorithm,
    spki: Uint8Array,
    data: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean>
  createSigner(algorithm: SignatureAlgorithm, privateKey: Uint8Array): Promise<Signer>
  hmac(algorithm: HashAlgorithm, key: Uint8Array, data: Uint8Array): Uint8Array
  pbkdf2(parameters: Pbkdf2Parameters): Promise<Uint8Array>
  encryptAesCbc(key: Uint8Array, initializationVector: Uint8Array, data: Uint8Array): Promise<Uint8Array>
  decryptAesCbc(key: Uint8Array, initializationVector: Uint8Array, data: Uint8Array): Promise<Uint8Array>
  encryptTripleDesCbc(key: Uint8Array, initializationVector: Uint8Array, data: Uint8Array): Promise<Uint8Array>
  decryptTripleDesCbc(key: Uint8Array, initializationVector: Uint8Array, data: Uint8Array): Promise<Uint8Array>
  encryptRsa(scheme: RsaEncryption, spki: Uint8Array, data: Uint8Array): Promise<Uint8Array>
  agreeWithEphemeralKey(spki: Uint8Array): Promise<EphemeralAgreement>
  wrapAesKey(wrappingKey: Uint8Array, key: Uint8Array): Promise<Uint8Array>
}

/** Encryption with RSA keys, RFC 8017 §7; OAEP with SHA-256 throughout. */
export type RsaEncryption = 'RSAES-PKCS1-v1_5' | 'RSAES-OAEP'

/** What ECDH made of a key of somebody else and one made for this alone. SEC 1 §3.3.1. */
export type EphemeralAgreement = {
  /** Of the ephemeral key: SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  /** The x-coordinate, as long as the curve's field. */
  readonly secret: Uint8Array
}

/** What a key is derived from, RFC 8018 §5.2. */
export type Pbkdf2Parameters = {
  /** Of HMAC. */
  readonly hash: HashAlgorithm
  readonly password: Uint8Array
  readonly salt: Uint8Array
  readonly iterations: number
  /** Of the key, in bytes. */
  readonly length: number
}
