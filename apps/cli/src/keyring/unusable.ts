import { EvergrantError, fail } from '@evergrant/core'

/** A keyring, or a line of it, that cannot be used. */
export function unusable(message: string): EvergrantError {
  const advice = {
    en: 'Put right what the message names; "evergrant keygen --help" shows how a keyring is written.',
    zh: '请更正上述问题；密钥环文件的写法见 "evergrant keygen --help"。',
  }
  return new EvergrantError(fail('key_unusable', { message, advice }))
}
