import { createHash } from 'node:crypto'

/** A page for the person in the browser. */
export interface Page {
  readonly status: number
  readonly html: string
}

interface Text {
  readonly title: string
  readonly lines: readonly string[]
}

/** What was granted, for the page that says so. */
export interface Granted {
  readonly server: string
  readonly name: string
  readonly scopes: readonly string[]
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2024;--soft:#5d6673;--paper:#f5f6f8;--card:#fff;--line:#e3e6ea;--good:#12805c;--bad:#b3341f}
@media(prefers-color-scheme:dark){:root{--ink:#eceef1;--soft:#9aa3b0;--paper:#121417;--card:#1b1e22;--line:#2c3137;--good:#4cc79b;--bad:#f08a72}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);color:var(--ink);font:1rem/1.6 system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei",sans-serif}
main{width:100%;max-width:27rem;padding:2.25rem 2.25rem 1.75rem;background:var(--card);border:1px solid var(--line);border-radius:1rem}
svg{display:block;width:2.75rem;height:2.75rem;margin-bottom:1.1rem}
.good svg{color:var(--good)}.bad svg{color:var(--bad)}
h1{margin:0 0 .5rem;font-size:1.35rem;line-height:1.3}
p{margin:0 0 .75rem;color:var(--soft);overflow-wrap:anywhere}
ul{display:flex;flex-wrap:wrap;gap:.4rem;margin:0 0 1rem;padding:0;list-style:none}
li{padding:.1rem .6rem;border:1px solid var(--line);border-radius:1rem;font:.85rem/1.6 ui-monospace,monospace;overflow-wrap:anywhere}
footer{margin-top:1.5rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.8rem}
`
/** Takes the code out of the address bar, and closes the window where the browser lets a page do so. */
const SCRIPT = `history.replaceState(null,'',location.pathname);setTimeout(function(){window.close()},1500)`
const POLICY = `default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(SCRIPT)}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

const TICK = '<path d="M14 25l7 7 14-15"/>'
const CROSS = '<path d="M17 17l14 14M31 17L17 31"/>'

/** Says that the person is signed in, and for what. */
export function successPage({ server, name, scopes }: Granted, chinese: boolean): Page {
  const text: Text = chinese
    ? {
        title: '登录成功',
        lines: [`evergrant 已登录 ${server}，保存为“${name}”。`, '此窗口可以关闭，请回到终端。'],
      }
    : {
        title: 'You are signed in',
        lines: [
          `evergrant is signed in at ${server} and remembers it as “${name}”.`,
          'You can close this window and go back to the terminal.',
        ],
      }
  const granted = scopes.length === 0 ? '' : `<p>${chinese ? '已授予：' : 'Granted:'}</p>${list(scopes)}`
  return { status: 200, html: document('good', TICK, text, granted, chinese) }
}

/** Why a sign-in came to nothing, by the code of its failure; `message` where there are no better words. */
export function failurePage(code: string, message: string, chinese: boolean): Page {
  const known = TEXTS[code]
  const text =
    known === undefined
      ? { title: OTHER[chinese ? 'zh' : 'en'], lines: [message] }
      : known[chinese ? 'zh' : 'en']
  return { status: 400, html: document('bad', CROSS, text, '', chinese) }
}

export function pageHeaders({ html }: Page): Readonly<Record<string, string | number>> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  }
}

const OTHER = { en: 'You are not signed in', zh: '登录未成功' }

const TEXTS: Readonly<Record<string, { readonly en: Text; readonly zh: Text }>> = {
  access_denied: {
    en: {
      title: 'Access was denied',
      lines: ['Nothing was granted, and nobody is signed in.', 'You can close this window.'],
    },
    zh: { title: '授权被拒绝', lines: ['未授予任何权限，也未登录。', '此窗口可以关闭。'] },
  },
  flow_expired: {
    en: {
      title: 'This sign-in has expired',
      lines: ['It took too long. Start it again in the terminal.', 'You can close this window.'],
    },
    zh: { title: '登录已过期', lines: ['用时过长，请在终端中重新开始。', '此窗口可以关闭。'] },
  },
  flow_unknown: {
    en: {
      title: 'This answer belongs to no sign-in',
      lines: [
        'It was used already, or it comes from another sign-in than the one that is waiting.',
        'Use the address that the terminal shows.',
      ],
    },
    zh: {
      title: '没有与此对应的登录',
      lines: ['它已被使用，或属于另一次登录。', '请使用终端中显示的地址。'],
    },
  },
}

function document(mood: 'good' | 'bad', sign: string, text: Text, more: string, chinese: boolean): string {
  const [first = '', ...rest] = text.lines.map(line => `<p>${escaped(line)}</p>`)
  return `<!doctype html>
<html lang="${chinese ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escaped(text.title)} · evergrant</title>
<style>${STYLE}</style>
</head>
<body>
<main class="${mood}">
<svg viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="24" cy="24" r="21"/>${sign}</svg>
<h1>${escaped(text.title)}</h1>
${first}
${more}
${rest.join('\n')}
<footer>evergrant</footer>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`
}

function list(items: readonly string[]): string {
  return `<ul>${items.map(item => `<li>${escaped(item)}</li>`).join('')}</ul>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
