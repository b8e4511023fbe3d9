/**
 * The count of a fleet, for one key: the instants of the latest calls as a list, the newest first, by the server's own
 * clock. Stands in for the library's own script, which counts windows that begin with the first call: at the seam of
 * two of them nearly twice the limit would pass.
 *
 * It is called as the library calls its own, with the points to consume, a duration, the limit, and the window; the
 * unit of time is the millisecond. No points means: a pause of the duration. Answers, as the library expects, with
 * the points consumed, which are more than the limit for a refusal, and with the time until asking again makes sense.
 *
 * A pause pretends that the window was full just so long before its end. It never shortens another one, and what is
 * remembered of the calls before it stays true.
 */
export const SLIDING_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limit = tonumber(ARGV[3])
local window = tonumber(ARGV[4])

if ARGV[1] == '0' then
  local until_ = now + tonumber(ARGV[2])
  local calls = redis.call('LRANGE', KEYS[1], 0, limit - 1)
  for i = 1, limit do
    calls[i] = string.format('%.0f', math.max(tonumber(calls[i] or '0'), until_ - window))
  end
  redis.call('DEL', KEYS[1])
  for first = 1, limit, 1000 do
    redis.call('RPUSH', KEYS[1], unpack(calls, first, math.min(first + 999, limit)))
  end
  redis.call('PEXPIRE', KEYS[1], math.max(1, calls[1] + window - now))
  return { 0, tonumber(ARGV[2]) }
end

local oldest = redis.call('LINDEX', KEYS[1], limit - 1)
local free = oldest and tonumber(oldest) + window or now
if free > now then
  return { limit + 1, free - now }
end
redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
redis.call('LTRIM', KEYS[1], 0, limit - 1)
redis.call('PEXPIRE', KEYS[1], window)
return { 1, 0 }
`
