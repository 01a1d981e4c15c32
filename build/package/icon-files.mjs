/** The two containers that hold an icon in several sizes, each of them a PNG. */

/** Windows: a directory of images, then the images (https://learn.microsoft.com/previous-versions/ms997538). */
export function ico(images) {
  const entries = [...images]
  const head = Buffer.alloc(6 + 16 * entries.length)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(entries.length, 4)
  let offset = head.length
  for (const [index, [size, png]] of entries.entries()) {
    const at = 6 + 16 * index
    // A byte holds no 256; 0 stands for it.
    head.writeUInt8(size % 256, at)
    head.writeUInt8(size % 256, at + 1)
    head.writeUInt16LE(1, at + 4)
    head.writeUInt16LE(32, at + 6)
    head.writeUInt32LE(png.length, at + 8)
    head.writeUInt32LE(offset, at + 12)
    offset += png.length
  }
  return Buffer.concat([head, ...entries.map(([, png]) => png)])
}

/** Which kinds of entry hold a PNG of a size in pixels, the doubled ones for screens of twice the density. */
const ICNS_KINDS = {
  16: ['icp4'],
  32: ['icp5', 'ic11'],
  64: ['ic12'],
  128: ['ic07'],
  256: ['ic08', 'ic13'],
  512: ['ic09', 'ic14'],
  1024: ['ic10'],
}

/** macOS: entries of a kind, a length and an image (https://en.wikipedia.org/wiki/Apple_Icon_Image_format). */
export function icns(images) {
  const entry = (kind, body) => {
    const head = Buffer.alloc(8)
    head.write(kind, 'latin1')
    head.writeUInt32BE(8 + body.length, 4)
    return Buffer.concat([head, body])
  }
  return entry(
    'icns',
    Buffer.concat([...images].flatMap(([size, png]) => ICNS_KINDS[size].map((kind) => entry(kind, png)))),
  )
}
