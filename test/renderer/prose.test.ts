/** Markdown on the screen: what it means is there as elements, and nothing in it becomes an element of its own. */
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import { Prose } from '../../renderer/ui/prose.tsx'

const shown = (text: string, top: 2 | 3 = 2): string =>
  renderToStaticMarkup(createElement(Prose, { text, top }))
    .replace(/^<div[^>]*>(.*)<\/div>$/s, '$1')
    .replaceAll(/ class="[^"]*"/g, '')

describe('Markdown', () => {
  test.each([
    ['# A\n\n## B', '<h2>A</h2><h3>B</h3>'],
    ['one *two* **three** `four` ~~five~~', '<p>one <em>two</em> <strong>three</strong> <code>four</code> <del>five</del></p>'],
    ['- a\n- b `c`', '<ul><li>a</li><li>b <code>c</code></li></ul>'],
    ['3. a\n4. b', '<ol start="3"><li>a</li><li>b</li></ol>'],
    ['> said', '<blockquote><p>said</p></blockquote>'],
    ['```sh\na <b> &amp;\n```', '<pre tabindex="0" role="region" aria-label="Code, sh"><code>a &lt;b&gt; &amp;amp;</code></pre>'],
    ['[here](https://example.org/x)', '<p>here<code> https://example.org/x</code></p>'],
    ['a\\*b', '<p>a*b</p>'],
  ])('%j', (text, html) => expect(shown(text)).toBe(html)) // prettier-ignore

  test('a table has its heads, and is wider than its place without the page being so', () => {
    const html = shown('| a | b |\n| - | - |\n| 1 | `x \\| y` |')
    expect(html).toContain('<th scope="col">a</th><th scope="col">b</th>')
    expect(html).toContain('<td>1</td><td><code>x | y</code></td>')
    expect(html).toMatch(/^<div role="region" aria-label="Table" tabindex="0">/)
  })

  test('headings go no deeper than there are any', () =>
    expect(shown('###### deep', 3)).toBe('<h6>deep</h6>'))
})

describe('what comes from anywhere', () => {
  test.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    'a <b onclick="x">b</b>',
    '[x](javascript:alert(1))',
    '![x](https://example.org/track.png)',
    '<https://example.org>',
  ])('%s makes nothing but text', (text) => {
    expect(shown(text)).not.toMatch(/<(?!\/?(p|code)>)/)
  })

  test('signs that are not seen are spelled out, in text, code and where a link leads', () => {
    expect(shown('a\u202eb `c\u200bd` [e](http://x/\u0007)')).toMatch(/a\\u\{202e\}b.*c\\u\{200b\}d.*\\x07/)
  })
})
