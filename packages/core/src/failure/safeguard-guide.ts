import type { FailureCode } from './failure-codes.ts'

/** What the failures of sealed storage, pins, audit logs and second verifications mean: a part of the failure guide. */
export const SAFEGUARD_GUIDE = {
  record_sealed: {
    meaning: 'The stored record is sealed, and the store of this process is not; it is left untouched.',
    remedy:
      'Give this process the keyring: wrap its store in sealed(), or name the keyring on the command line.',
  },
  seal_key_missing: {
    meaning: 'A stored record is sealed under a key that is not in the keyring. It is left untouched.',
    remedy:
      'Add the key that the message names to the older ones, or run `evergrant rekey` where it is known.',
  },
  seal_broken: {
    meaning:
      'A sealed record does not open under the key that it names: it was changed, cut, or copied from another key of ' +
      'the store; or the keyring has another key of the same name. It is left untouched.',
    remedy: 'Check the keyring, then who can write to the store. Restore or delete the record.',
  },
  record_not_sealed: {
    meaning: 'A stored record is in clear: it was written before sealing began, or planted. It is not read.',
    remedy: 'Run `evergrant rekey --plain`; `plain: "read"` takes such records for as long as that lasts.',
  },
  key_service_failed: {
    meaning: 'The key service (KMS, Vault) cannot be reached, or refuses, and the key is not in memory.',
    remedy:
      'Check the service; if the kind is configure, the permissions and the key that the message names.',
  },
  key_not_pinned: {
    meaning:
      'The server shows a valid certificate, but neither its key nor that of an authority above it is pinned.',
    remedy:
      'Find out whether the server has changed its key; if so, pin the new one. Else somebody stands in between.',
  },
  not_confirmed: {
    meaning: 'Something sensitive was about to be done, and was not confirmed.',
    remedy: 'Type the word that is asked for, or, from a script, say --yes.',
  },
  second_factor_refused: {
    meaning:
      'The code of the second verification is wrong, out of date, or was used already (RFC 6238 §5.2).',
    remedy: 'Wait for the next code, and check the clocks of both devices.',
  },
  second_factor_blocked: {
    meaning: 'Too many wrong codes were given, as somebody does who guesses.',
    remedy: 'Wait as long as it says, and find out who it was: refusals are in the audit log.',
  },
  second_factor_exists: {
    meaning: 'A second verification was set up already.',
    remedy: 'Remove it first, which takes a code of it.',
  },
  second_factor_missing: {
    meaning: 'No second verification was set up.',
    remedy: 'Set one up with `evergrant second-factor set-up`.',
  },
  audit_unwritable: {
    meaning: 'The audit log cannot be written, and what it cannot hold must not be done.',
    remedy: 'Check the directory: that it exists, is writable for this account alone, and has room.',
  },
  audit_unreadable: {
    meaning: 'The audit log cannot be read.',
    remedy: 'Check the directory, and run as an account that may read it.',
  },
} as const satisfies Partial<Record<FailureCode, { readonly meaning: string; readonly remedy: string }>>
