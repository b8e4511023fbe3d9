import { createHash } from 'node:crypto'

/** A script of the server, and the name under which the server remembers it. */
export interface Script {
  readonly text: string
  readonly sha: string
}

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/**
 * A record is a hash of two fields: `version`, which is the server's time of writing in microseconds, a dash
 * and the writer's attempt number; and `value`. Without `value` it is what a delete has left behind for a
 * while, and counts as absent.
 *
 * KEYS[1]: the record. Answers version, value (nil when absent), and the time.
 */
export const READ_SCRIPT: Script = script(`
local held = redis.call('HMGET', KEYS[1], 'version', 'value')
local now = redis.call('TIME')
return {held[1], held[2], now[1], now[2]}
`)

/**
 * KEYS[1]: the record, and the channel of its hints. ARGV: the expected version, empty for none; the attempt
 * number; how many ms to keep the record, 0 for ever; whether hints are sharded, 1 or 0; the new value, left
 * out to delete.
 *
 * A record that this very attempt has written is not written again: its answer was lost on the way, and here it
 * is once more. Answers 1, the version, and 1 when the hint was refused; or 0 and what `READ_SCRIPT` answers.
 *
 * A delete removes before it writes: a server that is out of memory allows only what begins so. Hints go to the
 * shard's own channels where the server has such, so that a Cluster need not spread them.
 */
export const WRITE_SCRIPT: Script = script(`
local expected, attempt, keepMs, sharded, value = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local held = redis.call('HMGET', KEYS[1], 'version', 'value')
if held[1] and string.sub(held[1], -#attempt) == attempt then return {1, held[1], 0} end
local now = redis.call('TIME')
local current = held[2] and held[1] or ''
if current ~= expected then return {0, held[1], held[2], now[1], now[2]} end
local version = now[1] .. string.rep('0', 6 - #now[2]) .. now[2] .. '-' .. attempt
if value then
  redis.call('HSET', KEYS[1], 'version', version, 'value', value)
else
  redis.call('HDEL', KEYS[1], 'value')
  redis.call('HSET', KEYS[1], 'version', version)
end
if keepMs == '0' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], keepMs) end
local told
if sharded == '1' then told = redis.pcall('SPUBLISH', KEYS[1], version) end
if type(told) ~= 'number' then told = redis.pcall('PUBLISH', KEYS[1], version) end
return {1, version, type(told) == 'number' and 0 or 1}
`)
