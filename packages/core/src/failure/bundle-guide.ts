import type { FailureCode } from './failure-codes.ts'

/** What the failures of offline bundles mean: a part of the failure guide. */
export const BUNDLE_GUIDE = {
  bundle_damaged: {
    meaning:
      'The text is no bundle, or is not the one that was made: a part is missing, or something was changed. Nothing of ' +
      'it is used.',
    remedy: 'Transfer the file again, as a whole and as it is. If that does not help, have a new one made.',
  },
  bundle_too_large: {
    meaning: 'The text is longer than 1,048,576 characters, which no bundle is.',
    remedy: 'Check that the file is a bundle.',
  },
  bundle_newer: {
    meaning: 'The bundle, or a grant in it, has a format of a later version of Evergrant.',
    remedy: 'Upgrade here, or have the bundle made by the version that is used here.',
  },
  bundle_wrong_recipient: {
    meaning:
      'The bundle is encrypted to another key than the one at hand, to a passphrase instead of a key or the other way ' +
      'round; or it was signed for somebody else and encrypted anew.',
    remedy: 'Use the key whose name `evergrant bundle inspect` shows, or have a bundle made for this one.',
  },
  bundle_wrong_passphrase: {
    meaning: 'The passphrase is not the one that the bundle was made with.',
    remedy:
      'Check the passphrase for what is easily mistyped; white space around it does not count in files.',
  },
  bundle_signer_unknown: {
    meaning: 'Whoever made the bundle did not sign it with one of the keys that are trusted here.',
    remedy:
      'Do not use it before you know who made it. If the signing key was replaced, trust the public half of the new one.',
  },
  bundle_foreign: {
    meaning: 'The bundle is genuine, but of another provider, issuer or purpose than is expected here.',
    remedy: 'Check that it is the right file.',
  },
  bundle_expired: {
    meaning: 'The bundle was to be opened by an instant that has passed.',
    remedy: 'Have a new bundle made; give it a longer validity if the way takes longer.',
  },
  bundle_not_yet_valid: {
    meaning: 'By the clock of this machine, the bundle is made only later.',
    remedy: 'Check the clock of this machine, and of the one that made the bundle.',
  },
  clock_set_back: {
    meaning:
      'The clock shows an earlier time than it has shown before, or than a genuine bundle was made at. With such a ' +
      'clock, tokens and bundles that have expired would count as valid.',
    remedy:
      'Set the clock right. If it was the earlier, later time that was wrong, have the memory forgotten: ' +
      '`evergrant bundle import --forget-clock`.',
  },
} as const satisfies Partial<Record<FailureCode, { readonly meaning: string; readonly remedy: string }>>
