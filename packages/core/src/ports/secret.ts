/**
 * Something that must not be written down in code or shown to anybody: read late, each time it is needed, so
 * that it may change while the process runs.
 *
 * `read` rejects with an error of kind `configure` and code `secret_unavailable` when there is nothing to be
 * read. Implementations print as `‹redacted›`, whichever way they are printed.
 */
export interface Secret {
  read(): string | Promise<string>
  /** Forgets what is cached: what was read last was refused, and the next read has to ask again. Absent: nothing is. */
  forget?(): void
}
