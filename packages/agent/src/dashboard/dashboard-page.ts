import { createHash } from 'node:crypto'
import type { Answer } from '../token-answer.ts'
import { escaped } from './html.ts'
import { STYLE } from './style.ts'
import type { Words } from './words.ts'

/**
 * Asks for what is to be shown, every second, with the viewing key: it comes in the fragment of the address, which browsers
 * send nowhere, and goes from there into the memory of this tab. Times are those of the reader's
 * clock, in the language of the page.
 */
const SCRIPT = `
const board = document.getElementById('board'), note = document.getElementById('note')
const locale = document.documentElement.lang === 'zh' ? 'zh-CN' : 'en'
function takeKey() {
  const given = location.hash.slice(1)
  if (given === '') return
  sessionStorage.setItem('evergrant-view', given)
  history.replaceState(null, '', location.pathname)
}
takeKey()
addEventListener('hashchange', takeKey)
async function look() {
  const key = sessionStorage.getItem('evergrant-view') ?? 'none'
  const answer = await fetch('/board', { headers: { authorization: 'Bearer ' + key } })
  note.textContent = answer.ok ? '' : answer.status === 401 ? note.dataset.openLink : note.dataset.silent
  if (!answer.ok) return
  board.innerHTML = await answer.text()
  for (const time of board.querySelectorAll('time')) {
    const at = new Date(time.dateTime)
    time.textContent = at.toLocaleTimeString(locale, { timeStyle: 'medium', hourCycle: 'h23' })
    time.title = at.toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' })
  }
}
async function lookForever() {
  await look().catch(() => { note.textContent = note.dataset.silent })
  setTimeout(lookForever, 1000)
}
lookForever()
`

/** A page may run this script and no other, ask this agent and nobody else, and stand in no other page. */
const POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The page that shows how the grants are. It holds nothing of them itself. */
export function dashboardPage({ language, openLink, silent }: Words): Answer {
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'referrer-policy': 'no-referrer',
    },
    body: `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Evergrant</title>
<style>${STYLE}</style>
<header><h1>Evergrant</h1><p id="note" role="status" data-open-link="${escaped(openLink)}" data-silent="${escaped(silent)}"></p></header>
<main id="board"></main>
<script>${SCRIPT}</script>
</html>
`,
  }
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
