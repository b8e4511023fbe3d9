import { readsChinese, type Terminal } from '../terminal.ts'

/** What is said to a person who signs in or out. */
export interface SignInWords {
  readonly openInBrowser: string
  readonly opensInBrowser: string
  readonly pasteCode: string
  readonly pasteAddress: string
  readonly pasteFromElsewhere: string
  readonly noBrowser: string
  readonly stray: string
  readonly noAddress: string
  readonly nobodyPastesCode: string
  readonly nobodyPastesAddress: string
  readonly seeTerminal: string
  /** Stands before the address, and before the code: of the same width. */
  readonly open: string
  readonly enter: string
  readonly waitingForBrowser: string
  readonly waitingForCode: string
  /** What is waited for, and for how many minutes and seconds yet. */
  readonly timeLeft: (what: string, time: string) => string
  readonly atMost: (what: string, time: string) => string
  readonly interrupted: string
  readonly signedIn: string
  readonly signedInAt: (server: string, command: string) => string
  readonly signedOut: (server: string) => string
  readonly revoked: (kinds: readonly ('access_token' | 'refresh_token')[]) => string
  readonly revokesNothing: string
  readonly notAllRevoked: string
}

const KINDS = {
  english: { access_token: 'the access token', refresh_token: 'the refresh token' },
  chinese: { access_token: '访问令牌', refresh_token: '刷新令牌' },
}

const ENGLISH: SignInWords = {
  openInBrowser: 'Open in a browser:',
  opensInBrowser: 'Sign in in the browser. If it does not open, open:',
  pasteCode: 'Then paste the code that is shown here.',
  pasteAddress: 'Then paste the address here that it ends up at.',
  pasteFromElsewhere: 'On another machine, paste the address here that the browser ends up at.',
  noBrowser: 'No browser could be opened.',
  stray: 'An answer came that belongs to no sign-in; still waiting.',
  noAddress: 'That is no address; it begins with the redirect URI.',
  nobodyPastesCode: 'nobody is there to paste the code: standard input has ended',
  nobodyPastesAddress: 'nobody is there to paste the address: standard input has ended',
  seeTerminal: 'Something went wrong; the terminal says more.',
  open: 'Open ',
  enter: 'Enter',
  waitingForBrowser: 'waiting for the browser',
  waitingForCode: 'waiting for the code to be entered',
  timeLeft: (what, time) => `${what}, ${time} left; Ctrl-C ends it`,
  atMost: (what, time) => `${what}, for at most ${time}`,
  interrupted: 'Interrupted; nobody was signed in.',
  signedIn: 'Signed in',
  signedInAt: (server, command) => ` at ${server}. Get a token with: ${command}`,
  signedOut: server => `Signed out of ${server}; everything is forgotten here.`,
  revoked: kinds => `The server has revoked ${kinds.map(kind => KINDS.english[kind]).join(' and ')}.`,
  revokesNothing: 'The server revokes nothing on request; what it has issued ends by itself.',
  notAllRevoked: 'Not everything is revoked at the server; what it has issued may be good until it expires.',
}

const CHINESE: SignInWords = {
  openInBrowser: '请在浏览器中打开：',
  opensInBrowser: '请在浏览器中登录。若浏览器没有打开，请打开：',
  pasteCode: '然后将所显示的授权码粘贴到此处。',
  pasteAddress: '然后将浏览器最终到达的地址粘贴到此处。',
  pasteFromElsewhere: '若在另一台机器上，请将浏览器最终到达的地址粘贴到此处。',
  noBrowser: '无法打开浏览器。',
  stray: '收到一个不属于任何登录的结果；继续等待。',
  noAddress: '这不是地址；它应以回调地址开头。',
  nobodyPastesCode: '无人粘贴授权码：标准输入已结束',
  nobodyPastesAddress: '无人粘贴地址：标准输入已结束',
  seeTerminal: '出现问题；详情见终端。',
  open: '打开',
  enter: '输入',
  waitingForBrowser: '等待浏览器',
  waitingForCode: '等待输入验证码',
  timeLeft: (what, time) => `${what}，剩余 ${time}；按 Ctrl-C 结束`,
  atMost: (what, time) => `${what}，最多 ${time}`,
  interrupted: '已中断，没有登录。',
  signedIn: '已登录',
  signedInAt: (server, command) => ` ${server}。获取令牌：${command}`,
  signedOut: server => `已退出 ${server}；本机不再保留任何内容。`,
  revoked: kinds => `服务器已吊销${kinds.map(kind => KINDS.chinese[kind]).join('与')}。`,
  revokesNothing: '该服务器不接受吊销请求；其签发的内容会自行过期。',
  notAllRevoked: '服务器上并未全部吊销；其签发的内容在过期之前可能仍然有效。',
}

/** By the locale of whoever sits at the terminal. */
export function signInWords(env: Terminal['env']): SignInWords {
  return readsChinese(env) ? CHINESE : ENGLISH
}
