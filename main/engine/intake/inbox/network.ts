/** Whether the system tells of changes in a folder: not of those that another machine makes. */
import { statfsSync } from 'node:fs'

/** Types as Linux numbers them: NFS, SMB, CIFS, SMB2, FUSE, 9P, AFS, Ceph, Coda, NCP, shared folders of VirtualBox. */
const REMOTE: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x5346414f, 0x00c36400, 0x73757245, 0x564c,
  0x786f4256,
]) // prettier-ignore

export const isRemoteType = (type: number): boolean => REMOTE.has(type >>> 0)

/** Tells whether a folder is mounted from elsewhere, as far as the system says. */
export function isRemote(folder: string, platform: NodeJS.Platform = process.platform): boolean {
  if (platform === 'win32') return /^[\\/]{2}/.test(folder)
  try {
    return platform === 'linux' && isRemoteType(Number(statfsSync(folder).type))
  } catch {
    return false
  }
}
