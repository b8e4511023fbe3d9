import { expect, it } from 'vitest'
import { folderComplaint } from '../src/folder-complaint.ts'

const SELF = 1000

it('says nothing of a folder that nobody else may enter', () => {
  expect(folderComplaint({ path: '/run/user/1000', uid: SELF, mode: 0o40700 }, SELF)).toBeUndefined()
})

it.each([
  ['a shared one', { path: '/scratch', uid: SELF, mode: 0o41777 }, SELF],
  ['a shared one of the system', { path: '/tmp', uid: 0, mode: 0o41777 }, SELF],
  ['one of the system, for its administrator', { path: '/run', uid: 0, mode: 0o40755 }, 0],
  ['the home', { path: '/users/me', uid: SELF, mode: 0o40755 }, SELF],
])('has nobody close a folder that others need: %s', (_what, folder, self) => {
  const complaint = folderComplaint(folder, self, '/users/me')
  expect(complaint).not.toContain('chmod')
  expect(complaint).toContain(`a folder of your own below it: ${folder.path}/evergrant-${self}/agent.sock`)
})

it('has nobody put one below a folder where that cannot be', () => {
  const complaint = folderComplaint({ path: '/etc', uid: 0, mode: 0o40755 }, SELF)
  expect(complaint).toMatch(/belongs to somebody else: \/etc; name one of your own$/)
})

it('has a folder closed that is for nothing else', () => {
  const folder = { path: '/users/me/.local/state/evergrant', uid: SELF, mode: 0o40755 }
  expect(folderComplaint(folder, SELF, '/users/me')).toContain(`"chmod 700 ${folder.path}"`)
})
