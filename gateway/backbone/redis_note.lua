-- Writes notes, which all nodes know for a while, and tells the nodes. With none it tidies up.
--
-- KEYS  1 notes: a hash, key -> "<version> <ends> <size of owner>:<owner><value>", and behind the
--         empty key "<newest version> <bytes of all>"
--       2 when they end: a sorted set
-- ARGV  1 channel, 2 node that writes, 3 bytes of all notes at most;
--       for each note: key, owner, take or keep, value, milliseconds, version that its owner has
--       heard of
-- Returns 1 for each note, or -<its version> where another owns it. One that is older than what its
-- owner has heard of is nobody's: this is a Redis that has been set back. `take` gives the note this
-- owner and leaves its value, if it has one; unless another has taken it meanwhile, of which the
-- owner has not heard: it says so again, knowing that, if it still wants it.
local notes, ends, channel, node, bytes_max = KEYS[1], KEYS[2], ARGV[1], ARGV[2], tonumber(ARGV[3])
local BEFORE, WIDTH = 3, 6
local NOTE_BYTES = 200 -- what one costs beside its texts, twice with its key

local function text_of(number) return string.format('%.0f', number) end
local function sized(text) return #text .. ':' .. text end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local version, bytes = string.match(redis.call('HGET', notes, '') or '', '^(%d+) (%d+)$')
-- By the clock, so that a Redis that has forgotten all goes on behind what nodes have heard.
version = math.max(tonumber(version) or 0, now * 1000)
bytes = tonumber(bytes) or 0

local function cost(key, stored) return 2 * #key + #stored + NOTE_BYTES end
local function drop(key)
  local stored = redis.call('HGET', notes, key)
  if stored then bytes = bytes - cost(key, stored) end
  redis.call('HDEL', notes, key)
  redis.call('ZREM', ends, key)
end
local function read(key)
  local stored = redis.call('HGET', notes, key)
  if not stored then return nil end
  local version, ends_at, size, from = string.match(stored, '^(%d+) (%d+) (%d+):()')
  if not from or tonumber(ends_at) <= now then return nil end
  local middle = from + tonumber(size)
  return {version = tonumber(version), ends = tonumber(ends_at),
          owner = string.sub(stored, from, middle - 1), value = string.sub(stored, middle)}
end

local answer = {}
for at = BEFORE, #ARGV - WIDTH, WIDTH do
  local key, owner, how, value = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local ends_at = now + tonumber(ARGV[at + 5])
  local was = read(key)
  local known = tonumber(ARGV[at + 6])
  local taken = not was or was.owner == owner or was.version < known or
    (how == 'take' and was.version == known)
  if taken then
    if how == 'take' and was then
      if was.value ~= '' then value = was.value end
      ends_at = math.max(ends_at, was.ends)
    end
    version = version + 1
    drop(key)
    local stored = text_of(version) .. ' ' .. text_of(ends_at) .. ' ' .. sized(owner) .. value
    redis.call('HSET', notes, key, stored)
    redis.call('ZADD', ends, text_of(ends_at), key)
    bytes = bytes + cost(key, stored)
    redis.call('PUBLISH', channel, sized('note') .. sized(node) .. sized(key) .. sized(owner) ..
               sized(value) .. sized(text_of(ends_at - now)) .. sized(text_of(version)))
  end
  answer[#answer + 1] = taken and 1 or -was.version
end

for _, key in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', text_of(now), 'LIMIT', 0, 64)) do
  drop(key)
end
while bytes > bytes_max do
  local first = redis.call('ZRANGE', ends, 0, 0)[1]
  if not first then
    bytes = 0
  else
    drop(first)
  end
end
if redis.call('EXISTS', notes) == 1 then
  redis.call('HSET', notes, '', text_of(version) .. ' ' .. text_of(bytes))
end
return answer
