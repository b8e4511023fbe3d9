import { Agent, request } from 'undici'

/** A page of the server, or the address outside of it that the person was sent to. */
interface Page {
  readonly url: string
  readonly html: string
}

const HOPS_MAX = 20
const PAGES_MAX = 10

/**
 * A person with a browser: follows redirects, keeps cookies, fills in forms. Returns the address outside of the server
 * that they end up at, or the last page when there is nothing more to fill in.
 */
export async function browse(
  ca: string,
  address: string,
  answer: 'consents' | 'declines' = 'consents',
): Promise<Page> {
  const browser = new Browser(ca, new URL(address).hostname)
  try {
    let page = await browser.open(address)
    for (let pages = 0; browser.isHome(page.url) && page.html.includes('<form'); pages++) {
      if (pages > PAGES_MAX) throw new Error(`there is no end of pages: ${page.url}`)
      if (answer === 'declines' && isQuestion(page)) return await browser.decline(page)
      page = await browser.fillIn(page)
    }
    return page
  } finally {
    await browser.close()
  }
}

/** Whether a page asks for something that can be declined. */
function isQuestion({ html }: Page): boolean {
  return html.includes('/abort"') || html.includes('name="confirm"')
}

class Browser {
  readonly #agent: Agent
  readonly #home: string
  readonly #cookies = new Map<string, string>()

  constructor(ca: string, home: string) {
    this.#agent = new Agent({ connect: { ca } })
    this.#home = home
  }

  isHome(url: string): boolean {
    return new URL(url).hostname === this.#home
  }

  /** Opens an address, and whatever it redirects to as long as that is on the server. */
  async open(address: string, form?: URLSearchParams): Promise<Page> {
    let url = address
    let body = form?.toString()
    for (let hops = 0; hops < HOPS_MAX; hops++) {
      if (!this.isHome(url)) return { url, html: '' }
      const response = await request(url, {
        dispatcher: this.#agent,
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        body: body ?? null,
      })
      this.#keep(response.headers['set-cookie'])
      const html = await response.body.text()
      const { location } = response.headers
      if (typeof location !== 'string') return { url, html }
      url = new URL(location, url).href
      body = undefined
    }
    throw new Error(`there is no end of redirects: ${url}`)
  }

  /** Submits the form of a page, with a name and a password where they are wanted. */
  fillIn({ url, html }: Page): Promise<Page> {
    const form = /<form[^>]*\baction="([^"]+)"/.exec(html)?.[1] ?? url
    const fields = new URLSearchParams({})
    for (const [input] of html.matchAll(/<input[^>]*>/g)) {
      const name = /\bname="([^"]+)"/.exec(input)?.[1]
      if (name !== undefined) fields.set(name, /\bvalue="([^"]*)"/.exec(input)?.[1] ?? 'somebody')
    }
    return this.open(new URL(decode(form), url).href, fields)
  }

  /** Says no: by the link of a page, or by the button of the form for devices. */
  decline(page: Page): Promise<Page> {
    const link = /href="([^"]*\/abort)"/.exec(page.html)?.[1]
    if (link !== undefined) return this.open(new URL(decode(link), page.url).href)
    return this.fillIn({
      ...page,
      html: page.html.replace('</form>', '<input name="abort" value="yes"></form>'),
    })
  }

  #keep(cookies: string | string[] | undefined): void {
    for (const cookie of [cookies ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
  }

  close(): Promise<void> {
    return this.#agent.close()
  }
}

function decode(text: string): string {
  return text.replaceAll('&amp;', '&')
}
