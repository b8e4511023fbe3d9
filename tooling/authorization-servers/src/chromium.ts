import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

const NAMES = [
  'chromium',
  'chromium-browser',
  'chromium-headless-shell',
  'google-chrome',
  'google-chrome-stable',
]

/** Where a Chromium is: as `EVERGRANT_CHROMIUM` says, or on the PATH; `undefined` when there is none. */
export function chromiumPath(): string | undefined {
  const { EVERGRANT_CHROMIUM: named, PATH = '' } = process.env
  if (named) return named
  const candidates = PATH.split(delimiter).flatMap(folder => NAMES.map(name => join(folder, name)))
  return candidates.find(isExecutable)
}

export const NO_CHROMIUM =
  'No Chromium was found: install chromium so that it is on the PATH, or name it in EVERGRANT_CHROMIUM.'

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A real browser without a window. */
export function launchChromium(executablePath: string): Promise<Browser> {
  // Without a sandbox of its own, because tests may run as root, and open nothing but pages of this machine.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] })
}

/** Signs somebody in on the pages of the authorization server, and consents, or does not. */
export async function signInOn(page: Page, answer: 'consents' | 'declines' = 'consents'): Promise<void> {
  const login = page.locator('input[name="login"]')
  await login.fill('somebody')
  await page.locator('input[name="password"]').fill('a password')
  await page.locator('button[type="submit"]').click()
  if (answer === 'declines') await page.getByText('[ Cancel ]').click()
  else await page.getByRole('button', { name: 'Continue' }).click()
}
