"""What a Redis server runs for a queue, each as one operation, with the server's clock.

A queue is three streams in one slot of a cluster: its messages, with one group of consumers; and two of signals, of
which the last alone is kept: that there may be a message, and that there may be room. Each process is a consumer of the
group. The consumer RETURNED holds what was put back, or taken from a process that is gone: it is delivered first.
"""

from __future__ import annotations

from engine.connectors import Script

KEYS = """
local stream, arrivals, rooms = KEYS[1], KEYS[2], KEYS[3]
local GROUP, RETURNED = 'engine', 'returned'

local function pending(...)
  local found = redis.pcall('XPENDING', stream, GROUP, ...)
  if found.err then return {} end  -- nobody has taken anything yet
  return found
end

local function is_held(id, holder) return pending(id, id, 1, holder)[1] ~= nil end

local function count()
  local taken = 0
  for _, each in ipairs(pending()[4] or {}) do
    if each[1] ~= RETURNED then taken = taken + tonumber(each[2]) end
  end
  return redis.call('XLEN', stream) - taken, taken
end

local function signal(key) redis.call('XADD', key, 'MAXLEN', 1, '*', 's', '') end

local function last(key)
  local entry = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
  return entry and entry[1] or '0-0'
end
"""

PUT = Script(
    KEYS
    + """
local limit = tonumber(ARGV[1])
if limit > 0 and count() >= limit then return {false, last(rooms)} end
local id = redis.call('XADD', stream, '*', unpack(ARGV, 2))
signal(arrivals)
return {id, id}
"""
)
"""limit, then the fields and values of the message → its id, or nothing; and the last signal of room."""

TAKE = Script(
    KEYS
    + """
local mine, limit = ARGV[1], tonumber(ARGV[2])
local was_full = limit > 0 and count() >= limit

local function taken(entry, attempts)
  if was_full then signal(rooms) end
  return {{entry[1], entry[2], attempts}, entry[1]}
end

local function unread()
  local found = redis.pcall('XREADGROUP', 'GROUP', GROUP, mine, 'COUNT', 1, 'STREAMS', stream, '>')
  if found and found.err then
    redis.call('XGROUP', 'CREATE', stream, GROUP, 0, 'MKSTREAM')
    found = redis.call('XREADGROUP', 'GROUP', GROUP, mine, 'COUNT', 1, 'STREAMS', stream, '>')
  end
  return found and found[1][2][1]
end

while true do
  local back = pending('-', '+', 1, RETURNED)[1]
  if not back then break end
  local entry = redis.call('XCLAIM', stream, GROUP, mine, 0, back[1])[1]
  if entry then return taken(entry, back[4] + 1) end
  redis.call('XACK', stream, GROUP, back[1])  -- somebody has deleted it from the stream
end
local entry = unread()
if entry then return taken(entry, 1) end
return {false, last(arrivals)}
"""
)
"""consumer, limit → the message (id, fields, attempts), or nothing; and the last signal of an arrival."""

DONE = Script(
    KEYS
    + """
if not is_held(ARGV[2], ARGV[1]) then return 0 end
redis.call('XACK', stream, GROUP, ARGV[2])
redis.call('XDEL', stream, ARGV[2])
return 1
"""
)
"""consumer, id → whether it was that consumer's."""

PUT_BACK = Script(
    KEYS
    + """
if not is_held(ARGV[2], ARGV[1]) then return 0 end
redis.call('XCLAIM', stream, GROUP, RETURNED, 0, ARGV[2], 'RETRYCOUNT', ARGV[3], 'JUSTID')
signal(arrivals)
return 1
"""
)
"""consumer, id, how often it was delivered → whether it was that consumer's."""

RENEW = Script(
    KEYS
    + """
local lost = {}
for number = 2, #ARGV do
  if is_held(ARGV[number], ARGV[1]) then
    redis.call('XCLAIM', stream, GROUP, ARGV[1], 0, ARGV[number], 'JUSTID')
  else
    lost[#lost + 1] = ARGV[number]
  end
end
return lost
"""
)
"""consumer, ids → those that are no longer that consumer's."""

RECOVER = Script(
    KEYS
    + """
local _, before = count()
local cursor = '0-0'
repeat
  local claimed = redis.pcall('XAUTOCLAIM', stream, GROUP, RETURNED, ARGV[1], cursor, 'COUNT', 100, 'JUSTID')
  if claimed.err then return 0 end
  cursor = claimed[1]
until cursor == '0-0'
for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', stream, GROUP)) do
  local consumer = {}
  for number = 1, #fields, 2 do consumer[fields[number]] = fields[number + 1] end
  if consumer.name ~= RETURNED and consumer.pending == 0 and consumer.idle > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', stream, GROUP, consumer.name)
  end
end
local _, after = count()
if after < before then signal(arrivals) end
return before - after
"""
)
"""Milliseconds without a sign of life after which a message, or a consumer without messages, is nobody's → how many
messages were taken from processes that are gone."""

SAMPLE = Script(
    KEYS
    + """
local waiting, taken = count()
local first = pending('-', '+', 1, RETURNED)[1]
if not first then
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  local after = '-'
  for _, fields in ipairs(groups.err and {} or groups) do
    for number = 1, #fields, 2 do
      if fields[number] == 'last-delivered-id' then after = '(' .. fields[number + 1] end
    end
  end
  first = redis.call('XRANGE', stream, after, '+', 'COUNT', 1)[1]
end
local time = redis.call('TIME')
local since = first and string.match(first[1], '^%d+')
local age = since and time[1] * 1000 + time[2] / 1000 - since or 0
return {waiting, taken, math.floor(age)}
"""
)
"""→ how many messages wait, how many were taken, and for how many milliseconds the first one waits."""

ANSWER = Script("""
redis.call('XADD', KEYS[1], '*', 't', ARGV[1], 'd', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
""")
"""The stream of a process; whose reply it is, the reply, and the seconds for which it is kept at least."""
