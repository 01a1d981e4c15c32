/** Other ways to bring many changes into a repository, to measure Hyperion's against. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fsyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { hermeticGitEnv } from '../support/temp-repo.ts'
import { copyOf, expectedFiles, type Copy, type Workload } from './workload.ts'

export interface Alternative {
  name: string
  /** At most so many changes of a workload are used, because the rest would only take longer. */
  atMost: number | null
  /** Brings in all changes of the workload, on a copy of its repository, and returns the seconds that took. */
  run(workload: Workload): number | Promise<number>
}

export async function timed(act: () => void | Promise<void>): Promise<number> {
  const started = performance.now()
  await act()
  return (performance.now() - started) / 1000
}

/** Runs a shell script in a copy: a shell starts git faster than Node does, and these should do their best. */
function shell(copy: Copy, script: string, env: Readonly<Record<string, string>> = {}): void {
  const run = spawnSync('sh', ['-euc', script], {
    cwd: copy.dir,
    env: { ...hermeticGitEnv(), ...env },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  if (run.status !== 0) throw new Error(`${script} ended with ${run.status}: ${run.stderr}`)
}

function gitWithInput(copy: Copy, args: readonly string[], input: string): string {
  const run = spawnSync('git', args, { cwd: copy.dir, env: hermeticGitEnv(), input, encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`git ${args[0]} ended with ${run.status}: ${run.stderr}`)
  return run.stdout
}

function verifyCheckout(workload: Workload, copy: Copy): void {
  for (const [path, text] of expectedFiles(workload)) {
    if (readFileSync(join(copy.dir, path), 'utf8') !== text) throw new Error(`${path} is not as expected`)
  }
}

export function verifyCommits(workload: Workload, copy: Copy, tip: string): void {
  const count = Number(copy.git('rev-list', '--count', `${workload.base}..${tip}`))
  if (count !== workload.changes.length)
    throw new Error(`${count} commits for ${workload.changes.length} changes`)
  for (const [path, text] of [...expectedFiles(workload)].slice(-20)) {
    if (copy.git('cat-file', 'blob', `${tip}:${path}`) !== text.trim())
      throw new Error(`${path} is not as expected`)
  }
}

type Act = (copy: Copy, workload: Workload) => void | Promise<void>
type Verify = (workload: Workload, copy: Copy) => void

async function onCopy(workload: Workload, act: Act, verify: Verify): Promise<number> {
  const copy = copyOf(workload)
  try {
    const seconds = await timed(() => act(copy, workload))
    verify(workload, copy)
    return seconds
  } finally {
    copy.dispose()
  }
}

/** A script that runs `body` for every change, with `$patch` and `$path` set. */
function forEachChange({ changes, patches }: Workload, body: string): string {
  const list = changes.map(({ path }, index) => `${join(patches, `${index}.patch`)} ${path}`).join('\n')
  return `while read -r patch path; do\n${body}\ndone <<'CHANGES'\n${list}\nCHANGES\n`
}

/** The loop that everything is compared with, as a program would run it: no commits, no index, no fsync. */
export const GIT_APPLY_LOOP: Alternative = {
  name: 'git apply per change (no commits)',
  atMost: null,
  run: (workload) =>
    onCopy(
      workload,
      (copy) => {
        for (const index of workload.changes.keys()) {
          gitWithInput(copy, ['apply', join(workload.patches, `${index}.patch`)], '')
        }
      },
      verifyCheckout,
    ),
}

/** The same loop without the cost that starting a process has in Node. */
const shellLoop: Alternative = {
  name: 'the same loop in a shell',
  atMost: 500,
  run: (workload) =>
    onCopy(
      workload,
      (copy) => shell(copy, forEachChange(workload, 'git apply "$patch" </dev/null')),
      verifyCheckout,
    ),
}

const applyAddCommit: Alternative = {
  name: 'git apply + add + commit per change',
  atMost: 300,
  run: (workload) =>
    onCopy(
      workload,
      (copy) =>
        shell(
          copy,
          forEachChange(
            workload,
            'git apply "$patch" </dev/null; git add -- "$path"; git commit --quiet -m "change $path"',
          ),
        ),
      (done, copy) => verifyCommits(done, copy, 'HEAD'),
    ),
}

const gitAm: Alternative = {
  name: 'git am of all',
  atMost: 600,
  run: (workload) =>
    onCopy(
      workload,
      (copy) => {
        const mails = workload.changes.map((_, index) =>
          readFileSync(join(workload.patches, `${index}.mbox`)),
        )
        const all = join(copy.dir, '.git/all.mbox')
        writeFileSync(all, Buffer.concat(mails))
        shell(copy, `git am --quiet ${all}`)
      },
      (done, copy) => verifyCommits(done, copy, 'HEAD'),
    ),
}

const cachedCommitTree: Alternative = {
  name: 'git apply --cached + write-tree + commit-tree per change',
  atMost: 300,
  run: (workload) =>
    onCopy(
      workload,
      (copy) =>
        shell(
          copy,
          `tip=${workload.base}\n${forEachChange(
            workload,
            'git apply --cached "$patch" </dev/null; tree=$(git write-tree)\n' +
              'tip=$(git commit-tree "$tree" -p "$tip" -m "change $path" </dev/null)',
          )}git update-ref refs/heads/main "$tip"`,
        ),
      (done, copy) => verifyCommits(done, copy, 'main'),
    ),
}

const oneGitApply: Alternative = {
  name: 'one git apply of all (no commits)',
  atMost: null,
  run: (workload) =>
    onCopy(
      workload,
      (copy) => {
        const all = join(copy.dir, '.git/all.patch')
        writeFileSync(all, workload.changes.map(({ patch }) => patch).join(''))
        shell(copy, `git apply ${all}`)
      },
      verifyCheckout,
    ),
}

const BATCH = 50

/** Writes one commit a change from blobs that are in the repository already. */
async function fastImport(
  copy: Copy,
  feed: (write: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const child = spawn('git', ['fast-import', '--quiet', '--done'], {
    cwd: copy.dir,
    env: hermeticGitEnv(),
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit')
  await feed(async (text) => {
    if (!child.stdin.write(text)) await once(child.stdin, 'drain')
  })
  child.stdin.end('done\n')
  const [code] = (await ended) as [number | null]
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`)
}

const batchedFastImport: Alternative = {
  name: `git apply --cached of ${BATCH} at once + fast-import, commit per change`,
  atMost: null,
  run: (workload) =>
    onCopy(
      workload,
      (copy) =>
        fastImport(copy, async (write) => {
          const { changes, base } = workload
          for (let start = 0; start < changes.length; start += BATCH) {
            const batch = changes.slice(start, start + BATCH)
            gitWithInput(copy, ['apply', '--cached', '-'], batch.map(({ patch }) => patch).join(''))
            const listed = gitWithInput(
              copy,
              ['ls-files', '-s', '-z', '--', ...batch.map(({ path }) => path)],
              '',
            )
            const blobs = new Map(
              listed
                .split('\0')
                .filter(Boolean)
                .map((entry) => [entry.slice(entry.indexOf('\t') + 1), entry.split(' ')[1]]),
            )
            const commits = batch.map(({ path }, index) => {
              const message = `change ${path}`
              const from = start + index === 0 ? `from ${base}\n` : ''
              return (
                'commit refs/heads/landed\ncommitter Committer <committer@example.invalid> 1700000000 +0000\n' +
                `data ${message.length}\n${message}\n${from}M 100644 ${blobs.get(path)} ${path}\n`
              )
            })
            await write(`${commits.join('')}checkpoint\n`)
          }
        }),
      (done, copy) => verifyCommits(done, copy, 'landed'),
    ),
}

/** No way that makes each change durable by itself can be faster than the disk. */
export const DISK_LIMIT: Alternative = {
  name: 'limit: write + fsync of the same files',
  atMost: null,
  run: (workload) =>
    onCopy(
      workload,
      (copy) => {
        for (const { path, after } of workload.changes) {
          const file = openSync(join(copy.dir, path), 'w')
          writeSync(file, after)
          fsyncSync(file)
          closeSync(file)
        }
      },
      verifyCheckout,
    ),
}

/** Every way to measure beside Hyperion's own; the loop they are compared with is not among them. */
export const ALTERNATIVES: readonly Alternative[] = [
  shellLoop,
  applyAddCommit,
  gitAm,
  cachedCommitTree,
  oneGitApply,
  batchedFastImport,
  DISK_LIMIT,
]
