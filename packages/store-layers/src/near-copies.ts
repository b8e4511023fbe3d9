import type { Clock, Entry, Store, StoreTime, Version } from '@evergrant/core'

/** What was found in the near store: where a copy can be put, and the copy itself while it may be used. */
interface Sighting {
  /**
   * The near version that a new copy has to replace; `undefined` when there is none. Whatever else happens to
   * the key in between changes it, so that an answer which was overtaken on its way is not kept.
   */
  readonly slot: Version | undefined | 'unknown'
  /** A copy that is fresh enough to be an answer. */
  readonly entry?: Entry
}

/** About a copy: which version it is, how old it was, and who has made it when. */
interface Label {
  readonly version: Version
  readonly time?: StoreTime
  /** Who made the copy: `keptAt` means something to its own clock only. */
  readonly keeper: string
  /** When the far store was asked, by the keeper's clock. */
  readonly keptAt: number
  /** How long the far store took to answer, in ms. */
  readonly tripMs: number
}

interface Copy {
  readonly label: Label
  readonly value: string
}

/** What stands in the near store where nothing is known: unlike an absent key, it has a version to be replaced. */
const NOTHING_KNOWN = ''
/** Attempts at marking a key; each fails only if somebody else has changed it meanwhile. */
const ATTEMPTS_MAX = 4
/** A copy's time is off by as much as its trip took; beyond this, in ms, it is not kept. */
const TRIP_MS_MAX = 250

/**
 * Copies of far entries in a near store. Nothing depends on them: each has its age, and one that is too old or
 * whose age cannot be told is none. When the near store fails it is left alone until every copy that it may
 * still have is too old.
 */
export class NearCopies {
  readonly #near: Store
  readonly #freshForMs: number
  readonly #clock: Pick<Clock, 'now'>
  readonly #keeper = crypto.randomUUID()
  /** How many are just forgetting a key. */
  readonly #forgetting = new Map<string, number>()
  #offUntil = Number.NEGATIVE_INFINITY

  constructor(near: Store, freshForMs: number, clock: Pick<Clock, 'now'>) {
    this.#near = near
    this.#freshForMs = freshForMs
    this.#clock = clock
  }

  async look(key: string): Promise<Sighting> {
    if (this.#isOff || this.#forgetting.has(key)) return { slot: 'unknown' }
    try {
      const found = await this.#near.read(key)
      const copy = found === undefined ? undefined : decode(found.value)
      const ageMs = copy === undefined ? undefined : this.#ageOf(copy.label, found?.time)
      const isFresh = ageMs !== undefined && ageMs < this.#freshForMs
      if (copy === undefined || !isFresh) return { slot: found?.version }
      return { slot: found?.version, entry: entryOf(copy, ageMs) }
    } catch {
      this.#leaveAlone()
      return { slot: 'unknown' }
    }
  }

  /**
   * Keeps what the far store has answered to a question sent at `sentAt`. If something else has happened to the
   * key since `sighting`, nobody can tell which is newer, and no copy is left: who has seen this answer must not
   * be shown an older one afterwards.
   */
  async keep(key: string, { slot }: Sighting, entry: Entry | undefined, sentAt: number): Promise<void> {
    if (this.#isOff) return
    if (slot === 'unknown' || this.#forgetting.has(key)) return this.forget(key)
    const tripMs = this.#clock.now() - sentAt
    const isKept = entry !== undefined && tripMs <= TRIP_MS_MAX
    const value = isKept ? encode(entry, { keeper: this.#keeper, keptAt: sentAt, tripMs }) : NOTHING_KNOWN
    try {
      const result = await this.#near.write(key, { value, expected: slot })
      if (result.written) return
      const other = result.entry === undefined ? undefined : decode(result.entry.value)
      // Many have asked at the same time, and all were told the same.
      if (other === undefined || other.label.version !== entry?.version) await this.forget(key)
    } catch {
      this.#leaveAlone()
    }
  }

  /** Makes sure that no copy is used that was made, or is being made, from an answer of before now. */
  async forget(key: string): Promise<void> {
    this.#forgetting.set(key, (this.#forgetting.get(key) ?? 0) + 1)
    if (!(await this.#mark(key).catch(() => false))) this.#leaveAlone()
    const others = (this.#forgetting.get(key) ?? 1) - 1
    if (others === 0) this.#forgetting.delete(key)
    else this.#forgetting.set(key, others)
  }

  /** Replaces whatever stands in the near store, so that no answer that is on its way finds its slot. */
  async #mark(key: string): Promise<boolean> {
    for (let attempts = 0; attempts < ATTEMPTS_MAX; attempts++) {
      const found = await this.#near.read(key)
      const change = { value: NOTHING_KNOWN, expected: found?.version }
      if ((await this.#near.write(key, change)).written) return true
    }
    return false
  }

  get #isOff(): boolean {
    return this.#clock.now() < this.#offUntil
  }

  #leaveAlone(): void {
    this.#offUntil = this.#clock.now() + this.#freshForMs
  }

  /** How old a copy is, in ms: by this process's own clock if it has made it, and by the near store's. */
  #ageOf(label: Label, time: StoreTime | undefined): number | undefined {
    const ownMs = label.keeper === this.#keeper ? this.#clock.now() - label.keptAt : undefined
    const nearMs = time === undefined ? undefined : time.asOf - time.storedAt + label.tripMs
    return ownMs === undefined && nearMs === undefined ? undefined : Math.max(ownMs ?? 0, nearMs ?? 0)
  }
}

/** A copy is an answer as if it was given now: the far store's time has gone on meanwhile. */
function entryOf({ label, value }: Copy, ageMs: number): Entry {
  const { version, time, tripMs } = label
  if (time === undefined) return { value, version }
  // The far store told the time at the end of the trip at the latest: its clock is not run ahead of.
  const asOf = time.asOf + Math.floor(Math.max(0, ageMs - tripMs))
  return { value, version, time: { storedAt: time.storedAt, asOf } }
}

/** A label as a line of JSON, and the value as it is. */
function encode({ value, version, time }: Entry, kept: Pick<Label, 'keeper' | 'keptAt' | 'tripMs'>): string {
  const label: Label = { version, ...(time !== undefined && { time }), ...kept }
  return `${JSON.stringify(label)}\n${value}`
}

/** Only a near store that is shared with something else can hold what was not encoded here. */
function decode(text: string): Copy | undefined {
  const end = text.indexOf('\n')
  if (end < 0) return undefined
  try {
    const label: Label = JSON.parse(text.slice(0, end))
    const sound = typeof label.version === 'string' && Number.isFinite(label.tripMs)
    return sound ? { label, value: text.slice(end + 1) } : undefined
  } catch {
    return undefined
  }
}
