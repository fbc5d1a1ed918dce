-- The table Sluice delivers to. Creating it locks nothing and takes milliseconds.
--
-- device_id is a VARCHAR: a million devices as SYMBOL apply three times slower. metric is a SYMBOL:
-- thousands at most, and four bytes a row; its table grows by itself beyond the capacity named here.
-- Identity is (ts, device_id, metric): a second reading of one identity replaces the first.
-- Partitioned by day: sensors that were offline come late, and a late reading rewrites no more than
-- its own day; by hour the same data is 24 times the directories and open files.
CREATE TABLE IF NOT EXISTS readings (
  ts TIMESTAMP,
  device_id VARCHAR,
  metric SYMBOL CAPACITY 4096 CACHE,
  value DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY WAL
DEDUP UPSERT KEYS(ts, device_id, metric);
