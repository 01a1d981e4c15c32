/** The workspace's signing key: Ed25519, made once, readable by its owner only, its public half beside it. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { AuditKey } from '../../../schemas/audit.ts'
import { userError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'

export interface SigningKey {
  privateKey: KeyObject
  publicKey: KeyObject
  /** SHA-256 of the public key as SubjectPublicKeyInfo. */
  keyid: string
}

export const privateKeyFile = (folder: string): string => join(folder, 'audit-key.pem')
export const publicKeyFile = (folder: string): string => join(folder, 'audit-key.pub.pem')

export const keyidOf = (publicKey: KeyObject): string =>
  sha256(publicKey.export({ type: 'spki', format: 'der' }))

const pemOf = (publicKey: KeyObject): string => String(publicKey.export({ type: 'spki', format: 'pem' }))

type Looked = AuditKey & { key: SigningKey | null }

const REMAKE = 'restore it from a backup, or move it away: the next export makes another and says its id'

/** Looks at the key of a workspace's private folder; changes nothing. */
function look(folder: string): Looked {
  const file = privateKeyFile(folder)
  const not = (state: AuditKey['state'], problem: string, remedy: string): Looked => ({
    state,
    file,
    keyid: null,
    problem,
    remedy,
    key: null,
  })
  let bytes: Buffer
  try {
    const { mode } = statSync(file)
    // Windows knows no such modes; the folder of the user is what keeps others out there.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const problem = `the signing key ${file} has mode ${(mode & 0o777).toString(8)}: others may have read it`
      return not('unsafe', problem, `run chmod 600 ${file}, or move it away so that another is made`)
    }
    bytes = readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT')
      return not('missing', `there is no signing key ${file}`, 'run `hyperion init`; an export makes it too')
    return not(
      'broken',
      `the signing key ${file} cannot be read (${code})`,
      'make it readable for its owner only',
    )
  }
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(bytes)
  } catch {
    return not('broken', `the signing key ${file} is no private key`, REMAKE)
  }
  if (privateKey.asymmetricKeyType !== 'ed25519')
    return not('broken', `the signing key ${file} is no Ed25519 key`, REMAKE)
  const publicKey = createPublicKey(privateKey)
  const key = { privateKey, publicKey, keyid: keyidOf(publicKey) }
  const beside = publicKeyFile(folder)
  const told = existsSync(beside) ? readFileSync(beside, 'utf8') : null
  if (told !== null && told !== pemOf(publicKey)) {
    const problem = `${beside} is not the public half of ${file}`
    return {
      ...not('broken', problem, `remove ${beside}; the next export writes it again`),
      keyid: key.keyid,
    }
  }
  return { state: 'ok', file, keyid: key.keyid, problem: null, remedy: null, key }
}

/** How the key stands, for people and programs. */
export function keyState(folder: string): AuditKey {
  const { key: _secret, ...state } = look(folder)
  return state
}

/** Makes the key where there is none; leaves one that is there as it is. */
export function ensureKey(folder: string): void {
  const file = privateKeyFile(folder)
  if (!existsSync(file)) makeKey(folder, file)
  const { key } = look(folder)
  const beside = publicKeyFile(folder)
  if (key !== null && !existsSync(beside)) writeWhole(beside, pemOf(key.publicKey), 0o644)
}

function makeKey(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { privateKey } = generateKeyPairSync('ed25519')
  const temporary = `${file}.${process.pid}.tmp`
  rmSync(temporary, { force: true })
  try {
    writeSynced(temporary, String(privateKey.export({ type: 'pkcs8', format: 'pem' })), 0o600)
    // A link fails where the name is taken: of two processes at once one makes the key of both.
    linkSync(temporary, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

function writeSynced(file: string, text: string, mode: number): void {
  const handle = openSync(file, 'wx', mode)
  try {
    writeFileSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function writeWhole(file: string, text: string, mode: number): void {
  const temporary = `${file}.${process.pid}.tmp`
  rmSync(temporary, { force: true })
  writeSynced(temporary, text, mode)
  renameSync(temporary, file)
}

/** Returns the key, making it first where there is none; throws the sentence that says why it may not be used. */
export function signingKey(folder: string): SigningKey {
  try {
    ensureKey(folder)
  } catch (error) {
    const { message } = error as Error
    throw userError(
      'key_not_made',
      `the signing key cannot be made in ${folder}: ${message}`,
      'make it writable',
    )
  }
  const { key, problem, remedy } = look(folder)
  if (key === null) throw userError('key_refused', problem ?? 'there is no signing key', remedy ?? undefined)
  return key
}
