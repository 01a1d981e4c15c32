#!/usr/bin/env node
// What electron-builder makes Debian packages with, as far as it is asked to: reads its arguments, has dpkg-deb do it.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const given = { '-d': [], '--deb-recommends': [] }
const files = []
const rest = process.argv.slice(2)
for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
  if (arg === '--force') continue
  if (!arg.startsWith('-')) files.push(arg.split('='))
  else if (Array.isArray(given[arg])) given[arg].push(rest.shift())
  else given[arg] = rest.shift()
}

const tree = mkdtempSync(join(tmpdir(), 'deb-'))
for (const [from, to] of files) {
  const target = join(tree, to)
  mkdirSync(dirname(target), { recursive: true })
  if (lstatSync(from).isSymbolicLink()) symlinkSync(readlinkSync(from), target)
  // `folder/` means what is in it.
  else cpSync(from, target, { recursive: true, verbatimSymlinks: true })
}
const control = join(tree, 'DEBIAN')
mkdirSync(control)
for (const [flag, name] of [
  ['--after-install', 'postinst'],
  ['--after-remove', 'postrm'],
]) {
  writeFileSync(join(control, name), readFileSync(given[flag]))
  chmodSync(join(control, name), 0o755)
}
const lines = {
  Package: given['--name'],
  Version: given['--version'],
  Architecture: given['--architecture'] === 'aarch64' ? 'arm64' : given['--architecture'],
  Maintainer: given['--maintainer'],
  Homepage: given['--url'],
  Section: given['--category'],
  Priority: given['--deb-priority'],
  Depends: given['-d'].join(', '),
  Recommends: given['--deb-recommends'].join(', '),
  Description: given['--description'],
}
writeFileSync(
  join(control, 'control'),
  Object.entries(lines)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join(''),
)
chmodSync(tree, 0o755)
execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', tree, given['--package']])
rmSync(tree, { recursive: true })
