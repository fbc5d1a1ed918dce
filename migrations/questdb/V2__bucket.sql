-- Finds one device's readings without passing over everybody else's: an index over 16,384 buckets of devices.
--
-- bucket is a hash of device_id, which Sluice writes beside it. A SYMBOL of the devices themselves would be slow to
-- write with a million of them, and its index slower still. The lists of an index grow 16 rows at a time, because a day is
-- written in pieces, and each piece has its own lists.
--
-- Takes milliseconds and rewrites nothing: rows that are there keep no bucket (NULL) and are found as before, by looking at
-- every row of their time. Undo: ALTER TABLE readings DROP COLUMN bucket. May be run again.
ALTER TABLE readings ADD COLUMN IF NOT EXISTS bucket SYMBOL CAPACITY 16384 CACHE INDEX CAPACITY 16;
