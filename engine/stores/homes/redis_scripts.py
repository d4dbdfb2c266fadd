"""What the server runs, each as one operation, with the server's clock.

A store is four keys in one slot of a cluster: its values (a hash), the order in which they came and when they expire
(sorted sets), and what is counted (a hash). A key lives as long as the last entry that expires. A server that is short
of memory may evict one of the four (maxmemory-policy): a store that is not whole is forgotten as one.
"""

from __future__ import annotations

from engine.stores.homes.redis_connection import Script

CLOCK = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local function text(seconds) return string.format('%.6f', seconds) end
"""

STORE = (
    CLOCK
    + """
local values, ages, expiries, counts = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local function is_whole()
  local noted = redis.call('HMGET', counts, 'entries', 'expiring')
  local entries, expiring = tonumber(noted[1] or 0), tonumber(noted[2] or 0)
  return redis.call('HLEN', values) == entries and redis.call('ZCARD', ages) == entries
    and redis.call('ZCARD', expiries) == expiring
end

if not is_whole() then redis.call('DEL', unpack(KEYS)) end

local function alive(key)
  local expiry = redis.call('ZSCORE', expiries, key)
  if expiry and tonumber(expiry) <= now then return false end
  return redis.call('HGET', values, key)
end

local function forget(key)
  local size = redis.call('HSTRLEN', values, key)
  if redis.call('HDEL', values, key) == 1 then
    redis.call('HINCRBY', counts, 'size', -size)
    redis.call('ZREM', ages, key)
    redis.call('ZREM', expiries, key)
  end
end

local function expire(key, ttl)
  if ttl ~= '' then redis.call('ZADD', expiries, text(now + ttl), key) end
end

local function change(key, data)
  redis.call('HINCRBY', counts, 'size', #data - redis.call('HSTRLEN', values, key))
  redis.call('HSET', values, key, data)
end

local function add(key, data, ttl)
  local age = redis.call('HINCRBY', counts, 'age', 1)  -- first: a server that is full refuses no later one
  forget(key)
  redis.call('HSET', values, key, data)
  redis.call('HINCRBY', counts, 'size', #data)
  redis.call('ZADD', ages, age, key)
  expire(key, ttl)
end

local function forget_expired()
  local dead = redis.call('ZRANGEBYSCORE', expiries, '-inf', text(now), 'LIMIT', 0, 1000)
  for _, key in ipairs(dead) do forget(key) end
  return #dead
end

local function make_room(most, largest)
  local evicted = 0
  local function is_full()
    return (most ~= '' and redis.call('HLEN', values) > tonumber(most))
      or (largest ~= '' and tonumber(redis.call('HGET', counts, 'size') or 0) > tonumber(largest))
  end
  while is_full() do
    forget(redis.call('ZRANGE', ages, 0, 0)[1])
    evicted = evicted + 1
  end
  return evicted
end

local function keep_alive()
  local entries, expiring = redis.call('HLEN', values), redis.call('ZCARD', expiries)
  if entries == 0 then return redis.call('DEL', unpack(KEYS)) end
  redis.call('HSET', counts, 'entries', entries, 'expiring', expiring)
  local last = redis.call('ZREVRANGE', expiries, 0, 0, 'WITHSCORES')
  for _, key in ipairs(KEYS) do
    if expiring == entries then
      redis.call('PEXPIREAT', key, math.min(math.ceil(tonumber(last[2]) * 1000) + 1000, 9007199254740991))
    else
      redis.call('PERSIST', key)
    end
  end
end

local function settle(most, largest)
  local expired, evicted = forget_expired(), make_room(most, largest)
  keep_alive()
  return {1, redis.call('HLEN', values), tonumber(redis.call('HGET', counts, 'size') or 0), evicted, expired}
end
"""
)

# ARGV: key, data, ttl, whether to replace, most entries, largest size
PUT = Script(
    STORE
    + """
if ARGV[4] == '0' and alive(ARGV[1]) then return {0} end
add(ARGV[1], ARGV[2], ARGV[3])
return settle(ARGV[5], ARGV[6])
"""
)

LOOK = Script(
    STORE
    + """
return {alive(ARGV[1]), text(now)}
"""
)

# ARGV: key, whether there was an entry, its data, data, ttl, most entries, largest size
SWAP = Script(
    STORE
    + """
local before = alive(ARGV[1])
if (ARGV[2] == '1') ~= (before and true or false) or (before and before ~= ARGV[3]) then return {0} end
if before then
  change(ARGV[1], ARGV[4])
  expire(ARGV[1], ARGV[5])
else
  add(ARGV[1], ARGV[4], ARGV[5])
end
return settle(ARGV[6], ARGV[7])
"""
)

# ARGV: key, whole number, ttl, most entries, largest size. Returns false for a value that is no whole number, or a sum
# that a double does not hold exactly: then the caller adds, and swaps.
INCREMENT = Script(
    STORE
    + """
local before, sum = alive(ARGV[1]), tonumber(ARGV[2])
if before then
  local first = string.byte(before)
  if not (first <= 0x7f or first >= 0xe0 or (first >= 0xcc and first <= 0xd3)) then return false end
  sum = sum + cmsgpack.unpack(before)
end
if math.abs(sum) >= 9007199254740992 then return false end
local data = cmsgpack.pack(sum)
if before then change(ARGV[1], data) else add(ARGV[1], data, ARGV[3]) end
settle(ARGV[4], ARGV[5])
return string.format('%.0f', sum)
"""
)

REMOVE = Script(
    STORE
    + """
local found = alive(ARGV[1]) and 1 or 0
forget(ARGV[1])
keep_alive()
return found
"""
)

# ARGV: the age after which to begin, most entries, most bytes, whether to have the data. Returns the age of the last
# one, or false if there are no more, and keys, each with its data: one portion, since nobody else is served meanwhile.
SOME = Script(
    STORE
    + """
local found, bytes, last = {false}, 0, false
local entries = redis.call('ZRANGEBYSCORE', ages, '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
for at = 1, #entries, 2 do
  local key, data = entries[at], alive(entries[at])
  last = entries[at + 1]
  if data then
    found[#found + 1] = key
    if ARGV[4] == '1' then
      found[#found + 1] = data
      bytes = bytes + #data
      if bytes > tonumber(ARGV[3]) then break end
    end
  end
end
found[1] = last
return found
"""
)

# KEYS: the rate of one caller. ARGV: step, period
ADMIT = Script(
    CLOCK
    + """
local step, period = tonumber(ARGV[1]), tonumber(ARGV[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + step
local late = due - now - period
if late > math.max(step / 1000000, 0.000002) then return {0, text(late)} end
redis.call('SET', KEYS[1], text(due), 'PX', math.max(math.ceil((due - now) * 1000), 1))
return {1, text(due - now)}
"""
)

# KEYS: a lease. ARGV: holder, ttl, seconds for which it is remembered. A new token is greater than all before, even if
# the server has forgotten them: it is not less than the time in microseconds.
HOLD = Script(
    CLOCK
    + """
local holder, token, ends, note = unpack(redis.call('HMGET', KEYS[1], 'holder', 'token', 'ends', 'note'))
local left = tonumber(ends or 0) - now
note = note or ''
if holder ~= ARGV[1] or left <= 0 then
  if left > 0 then return {false, text(now), text(left), note} end
  token = string.format('%.0f', math.max(tonumber(token or 0) + 1, math.floor(now * 1000000)))
end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'token', token, 'ends', text(now + ARGV[2]))
redis.call('EXPIRE', KEYS[1], ARGV[3])
return {token, text(now), ARGV[2], note}
"""
)

# KEYS: a lease. ARGV: token, note
NOTE = Script(
    """
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'note', ARGV[2])
return 1
"""
)

# KEYS: a lease. ARGV: token
RELEASE = Script(
    """
if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then redis.call('HSET', KEYS[1], 'ends', 0) end
"""
)
