/** Signed envelopes (DSSE v1): the type of a payload and its bytes under one Ed25519 signature. */
import { sign, verify, type KeyObject } from 'node:crypto'
import { PAYLOAD_TYPE, type Envelope } from '../../../schemas/audit.ts'

/** Returns what is signed (pre-authentication encoding): lengths in bytes keep type and payload apart. */
export function preAuthentication(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `
  return Buffer.concat([Buffer.from(head, 'utf8'), payload])
}

export function seal(statement: unknown, key: { privateKey: KeyObject; keyid: string }): Envelope {
  const payload = Buffer.from(JSON.stringify(statement), 'utf8')
  const sig = sign(null, preAuthentication(PAYLOAD_TYPE, payload), key.privateKey)
  return {
    payloadType: PAYLOAD_TYPE,
    payload: payload.toString('base64'),
    signatures: [{ keyid: key.keyid, sig: sig.toString('base64') }],
  }
}

/** Tells whether a signature of the envelope is of this key. */
export function isSealedBy(envelope: Envelope, publicKey: KeyObject): boolean {
  const signed = preAuthentication(envelope.payloadType, Buffer.from(envelope.payload, 'base64'))
  return envelope.signatures.some(({ sig }) => verify(null, signed, publicKey, Buffer.from(sig, 'base64')))
}
