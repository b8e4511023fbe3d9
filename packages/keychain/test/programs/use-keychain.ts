/** Puts what it reads into the keychain, if it reads anything, takes it out again, and prints what came of it. */
import { text } from 'node:stream/consumers'
import { inspect } from 'node:util'
import { EvergrantError } from '@evergrant/core'
import { keychainSecret, setKeychainSecret } from '@evergrant/keychain'

const place = { service: 'my-service', account: 'baidu' }
try {
  const given = await text(process.stdin)
  if (given !== '') await setKeychainSecret(place, given)
  await keychainSecret(place).read()
  console.log('read')
} catch (error) {
  if (!EvergrantError.is(error)) throw error
  console.log(error.code, inspect(error, { showHidden: true, depth: 9 }))
}
