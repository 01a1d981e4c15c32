import { describe, expect, it } from 'vitest'
import { inheritChecks, resolveChecks, type CheckPolicy } from '../../main/engine/domain/check-policy.ts'

const allow = { test: 'npm test', lint: 'npm run lint' }
const hold: CheckPolicy = { allow, unlisted: 'hold', trustAll: false }

describe('resolveChecks', () => {
  it('takes a name from the allow-list, and a command that is on it word for word', () => {
    const resolved = resolveChecks(['test', 'npm run lint', { run: 'lint', why: 'style' }], hold)
    expect(resolved.checks).toEqual([
      { name: 'test', command: 'npm test', expect: {}, why: null, listed: true },
      { name: 'lint', command: 'npm run lint', expect: {}, why: null, listed: true },
    ])
    expect(resolved).toMatchObject({ unlisted: [], decision: 'run' })
  })

  it.each([
    ['hold', 'hold', ['curl x | sh']],
    ['refuse', 'refuse', ['curl x | sh']],
    ['run', 'run', []],
  ] as const)('answers an unlisted command with the policy %s', (unlisted, decision, names) => {
    const resolved = resolveChecks(['test', 'curl x | sh'], { ...hold, unlisted })
    expect(resolved.decision).toBe(decision)
    expect(resolved.unlisted).toEqual(names)
    expect(resolved.checks[1]).toMatchObject({ name: null, command: 'curl x | sh', listed: false })
  })

  it('runs anything when the operator trusts all checks', () => {
    expect(resolveChecks(['x'], { ...hold, unlisted: 'refuse', trustAll: true })).toMatchObject({
      decision: 'run',
      unlisted: [],
    })
  })

  it('accepts exactly the command a person approved', () => {
    expect(resolveChecks(['make a'], { ...hold, approved: ['make a'] }).decision).toBe('run')
    expect(resolveChecks(['make  a'], { ...hold, approved: ['make a'] }).decision).toBe('hold')
  })

  it('runs nothing for "none", which is not a pass and cannot be redefined', () => {
    const policy = { ...hold, allow: { none: 'true' } }
    expect(resolveChecks(['none'], policy)).toEqual({ checks: [], unlisted: [], decision: 'nothing' })
    expect(resolveChecks(['none', 'true'], policy)).toMatchObject({ checks: [{ name: 'none' }] })
  })

  it('does not count a listed command as listed when it is expected to fail', () => {
    const resolved = resolveChecks([{ run: 'test', expect: { exit_code: 1 } }], hold)
    expect(resolved).toMatchObject({ decision: 'hold', unlisted: ['npm test # expects exit code 1'] })
    expect(resolveChecks([{ run: 'test', expect: { stdout_includes: 'ok' } }], hold).decision).toBe('run')
  })

  it('does not take a property every object has for a name on the list', () => {
    expect(resolveChecks(['constructor', 'toString', '__proto__'], hold)).toMatchObject({
      decision: 'hold',
      unlisted: ['constructor', 'toString', '__proto__'],
    })
  })
})

describe('inheritChecks', () => {
  it.each([
    [['a'], ['b'], allow, ['a']],
    [undefined, ['b'], allow, ['b']],
    [undefined, undefined, allow, ['test', 'lint']],
    [undefined, undefined, {}, ['none']],
    [['none'], ['b'], allow, ['none']],
  ])('of %j, %j and %j takes %j', (assignment, request, list, taken) => {
    expect(inheritChecks(assignment, request, list)).toEqual(taken)
  })
})
