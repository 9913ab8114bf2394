-- What a node tells of itself, for as long as it repeats it.
--
-- KEYS  1 nodes: a sorted set, by when they are gone, 2 the entry of this one
-- ARGV  1 node, 2 milliseconds, 3 entry
-- Returns the nodes that there are, a thousand at most.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[2])), ARGV[1])
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, 999)
