-- Gives a batch of events its places in the log, all or nothing, and spreads it. With no event it
-- says where the log stands. README.md in this folder tells how other programs call it.
--
-- KEYS  1 head, 2 log, 3 latest, 4 lease, 5… the key of each event that has one, in the order of
--       the events
-- ARGV  1 run_id of this Redis (INFO server), 2 an epoch to begin, should one have to, 3 channel,
--       4 what to keep (see `keep`), or nothing: as said before; with a ? in front only where nobody
--       has said it, 5 nothing, or what the lease has to hold, 6 nothing, or the id of an event that
--       the caller knows of;
--       for each event: boards (by line feeds), type, kind (text or json), data, 1 if it has a key
-- Returns {epoch, seq of the newest event, time, seq of the oldest one held, how many events were
-- there already, id of each event; if there is none, what had been said to keep, or nothing}, or an
-- error: CONFLICT <index from 0>, that key stands for other content; TOOLARGE <index from 0>, that
-- event is larger than a gateway takes; FENCED, the lease is another's; ERR, the words are not these.
local head, log, latest, channel = KEYS[1], KEYS[2], KEYS[3], ARGV[3]
local BEFORE, WIDTH = 6, 5
local ENTRY_BYTES = 96 -- what an entry costs beside its texts
local LEASE_MS = 3000

-- Who counts other words in front than these means other events than these would be.
local count = (#ARGV - BEFORE) / WIDTH
if count < 0 or count % 1 ~= 0 then
  return redis.error_reply('ERR the number of words is not ' .. BEFORE .. ' and ' .. WIDTH ..
                           ' for each event')
end

-- What a gateway takes at most, in bytes: 64 names by line feeds, a type, a kind, data. A larger one
-- no node could read, and all would try for ever.
local TEXTS_MAX = {64 * 257 - 1, 256, 4, 64 * 1024 * 1024}
for i = 1, count do
  for part, most in ipairs(TEXTS_MAX) do
    if #ARGV[BEFORE + (i - 1) * WIDTH + part] > most then
      return redis.error_reply('TOOLARGE ' .. (i - 1))
    end
  end
end

local function text_of(number) return string.format('%.0f', number) end
local function sized(text) return #text .. ':' .. text end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

if ARGV[5] ~= '' then
  if redis.call('GET', KEYS[4]) ~= ARGV[5] then
    return redis.error_reply('FENCED the lease is another\'s')
  end
  redis.call('PEXPIRE', KEYS[4], LEASE_MS)
end

local was = redis.call('HMGET', head, 'epoch', 'seq', 'run_id', 'bytes', 'first', 'since', 'keep',
                       'latest_bytes')

-- Events, bytes and milliseconds of the log, milliseconds of a key, bytes of `latest`; then a line
-- for each rule of which boards deliver their latest: + they do, - they do not, and a name or a
-- pattern. The first one that matches counts. What a node says holds until another says something.
local KEEP = '^(%d+) (%d+) (%d+) (%d+) (%d+)\n(.*)$'
local known_keep = was[7] and string.match(was[7], KEEP) and was[7] or ''
local hint, keep = string.match(ARGV[4], '^(%??)(.*)$')
if known_keep ~= '' and (keep == '' or hint ~= '') then keep = known_keep end
local is_said, stored_keep = keep ~= '', known_keep
if not is_said then keep = '1000000 268435456 600000 120000 0\n' end
local events_max, bytes_max, age_max, window, latest_max, rules_text = string.match(keep, KEEP)
if not events_max then return redis.error_reply('ERR what to keep is not understood') end
events_max, bytes_max, age_max = tonumber(events_max), tonumber(bytes_max), tonumber(age_max)
latest_max = tonumber(latest_max)
local rules = {}
for sign, name, star in string.gmatch(rules_text, '([+-])([^\n*]*)(%*?)\n') do
  rules[#rules + 1] = {latest = sign == '+', name = name, prefix = star ~= ''}
end

-- The same Redis may have less than it had: a primary that was made a replica of one that lacked
-- something, and then the primary again.
local function lacks(id)
  return string.sub(id, 1, 8) == was[1] and
    (tonumber(string.sub(id, 10), 16) or 0) > tonumber(was[2])
end

local epoch, seq, bytes, first, since, latest_bytes
if was[3] == ARGV[1] and not lacks(ARGV[6]) then
  epoch = was[1]
  seq, bytes = tonumber(was[2]), tonumber(was[4])
  first, since, latest_bytes = tonumber(was[5]), tonumber(was[6]), tonumber(was[8] or 0)
else
  -- Restarted, promoted, emptied or set back: what this Redis lacks of the epoch before nobody can
  -- know, so none of its seqs may be given again.
  epoch, seq, bytes, first, since, latest_bytes = ARGV[2], 0, 0, 1, now, 0
  redis.call('DEL', head, log, latest)
  redis.call('HSET', head, 'epoch', epoch, 'seq', 0, 'run_id', ARGV[1], 'bytes', 0, 'first', 1,
             'since', text_of(now), 'latest_bytes', 0)
  stored_keep = ''
  redis.call('PUBLISH', channel, 'epoch ' .. epoch .. '\n')
end
if is_said and keep ~= stored_keep then redis.call('HSET', head, 'keep', keep) end

local function delivers_latest(board)
  for _, rule in ipairs(rules) do
    if rule.prefix and string.sub(board, 1, #rule.name) == rule.name or board == rule.name then
      return rule.latest
    end
  end
  return false
end

-- What is known by its key, before anything is written.
local ids, same_as, fresh, firsts, keyed = {}, {}, {}, {}, {}
local next_key = 5
for i = 1, count do
  local at = BEFORE + (i - 1) * WIDTH
  local is_fresh = true
  if ARGV[at + 5] ~= '' and window ~= '0' then
    local key = KEYS[next_key]
    next_key = next_key + 1
    local content = redis.sha1hex(sized(ARGV[at + 1]) .. sized(ARGV[at + 2]) ..
                                  sized(ARGV[at + 3]) .. ARGV[at + 4])
    keyed[i] = {key = key, content = content}
    local known = firsts[key] -- in this batch: the first one wins
    if known then
      same_as[i] = known.index
    else
      local stored = redis.call('GET', key)
      -- A place in a log that is gone is none: a replica brings its keys along.
      if stored and string.sub(stored, 42, 49) == epoch then
        known = {content = string.sub(stored, 1, 40)}
        ids[i] = string.sub(stored, 42)
      end
      firsts[key] = {content = content, index = i}
    end
    if known and known.content ~= content then
      return redis.error_reply('CONFLICT ' .. (i - 1))
    end
    is_fresh = known == nil
  end
  if is_fresh then fresh[#fresh + 1] = i end
end

-- The newest event of each board that delivers its latest outlives the log.
local function keep_latest(boards, time, event)
  for board in string.gmatch(boards, '[^\n]+') do
    if delivers_latest(board) then
      local value = text_of(seq) .. ' ' .. time .. '\n' .. event
      local before = redis.call('HSTRLEN', latest, board)
      latest_bytes = latest_bytes + #value - before
      if before == 0 then latest_bytes = latest_bytes + #board + ENTRY_BYTES end
      redis.call('HSET', latest, board, value)
    end
  end
end

local from = seq + 1
local message = {}
for _, i in ipairs(fresh) do
  local at = BEFORE + (i - 1) * WIDTH
  local boards, type, kind, data = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  seq = seq + 1
  redis.call('XADD', log, text_of(seq) .. '-0', 'boards', boards, 'type', type, 'kind', kind,
             'data', data, 'time', text_of(now))
  if first == seq then since = now end
  bytes = bytes + #boards + #type + #data + ENTRY_BYTES
  ids[i] = string.format('%s-%012x', epoch, seq)
  if keyed[i] then
    redis.call('SET', keyed[i].key, keyed[i].content .. ' ' .. ids[i], 'PX', window)
  end
  local event = sized(boards) .. sized(type) .. sized(kind) .. sized(data)
  message[#message + 1] = event
  if #rules > 0 and latest_max > 0 then keep_latest(boards, text_of(now), event) end
end
for i, first_one in pairs(same_as) do ids[i] = ids[first_one] end
if #fresh > 0 then
  -- Before anybody hears of it: an error further down undoes nothing.
  redis.call('HSET', head, 'seq', text_of(seq), 'bytes', text_of(bytes), 'since', text_of(since))
  redis.call('PUBLISH', channel, 'events ' .. epoch .. ' ' .. text_of(from) .. ' ' ..
             text_of(now) .. '\n' .. table.concat(message))
end

-- The oldest go, a few more than came. The newest stays whatever its size, until it is too old.
local function over()
  local held = seq - first + 1
  return held > events_max or (held > 1 and bytes > bytes_max) or
    (held > 0 and now - since > age_max)
end
local budget = count > 0 and #fresh + 16 or 500
local trimmed = false
while budget > 0 and over() do
  local oldest = redis.call('XRANGE', log, text_of(first), '+', 'COUNT', 2)
  if #oldest == 0 then
    first, bytes = seq + 1, 0
  else
    local fields = oldest[1][2]
    bytes = bytes - #fields[2] - #fields[4] - #fields[8] - ENTRY_BYTES
    first = tonumber(string.match(oldest[1][1], '^%d+')) + 1
    since = oldest[2] and tonumber(oldest[2][2][10]) or now
  end
  budget = budget - 1
  trimmed = true
end
if trimmed then redis.call('XTRIM', log, 'MINID', text_of(first)) end

-- Of a few at random the oldest goes: no order has to be kept for the rare case.
local function drop_old_value()
  local some = redis.call('HRANDFIELD', latest, 5, 'WITHVALUES')
  local board, oldest, size
  for i = 1, #some, 2 do
    local at = tonumber(string.match(some[i + 1], '^%d+'))
    if not oldest or at < oldest then board, oldest, size = some[i], at, #some[i + 1] end
  end
  if not board then
    latest_bytes = 0
  else
    redis.call('HDEL', latest, board)
    latest_bytes = latest_bytes - #board - size - ENTRY_BYTES
  end
end
while budget > 0 and latest_bytes > latest_max do
  drop_old_value()
  budget = budget - 1
  trimmed = true
end

if trimmed or #fresh > 0 then
  redis.call('HSET', head, 'seq', text_of(seq), 'bytes', text_of(bytes), 'first', text_of(first),
             'since', text_of(since), 'latest_bytes', text_of(latest_bytes))
end

local answer = {epoch, seq, now, first, count - #fresh}
for i = 1, count do answer[#answer + 1] = ids[i] end
if count == 0 then answer[#answer + 1] = known_keep end
return answer
