-- Of several rows with one (device_id, created_at, metric) the one with the highest id counts; the others stay, marked
-- with their own id in superseded. From here on the store itself keeps one counting row per identity.
-- Rows without device_id or created_at have no identity and stay as they are.
--
-- Afterwards an INSERT of an identity that is already there fails with error 1062, where it used to add a second row.
-- Who must not see that writes INSERT IGNORE, or INSERT ... ON DUPLICATE KEY UPDATE.
--
-- Locks:  the table, for readers and writers, while duplicates are marked (one walk of V3's index and a write for each
--         duplicate) and the unique key is built (one pass over the table, no copy). Without the lock a duplicate could
--         come in between. Few duplicates: about as long as V3 took.
-- Online: in a quiet hour, run the UPDATE below by itself, in portions of ids, beforehand; what is then left to this file
--         is the walk and the key. gh-ost and pt-online-schema-change would drop duplicates when they add a unique
--         key: do not use them here.
-- Undo:   ALTER TABLE sensor_data ADD KEY sensor_data_by_identity (device_id, created_at, metric),
--           DROP KEY sensor_data_identity;
--         UPDATE sensor_data SET superseded = 0;
--
-- May be run again after a failure at any point: every statement finds only what is left to do.

LOCK TABLES sensor_data WRITE, sensor_data AS older WRITE, sensor_data AS candidate READ;

UPDATE sensor_data AS older
  JOIN (
    SELECT candidate.device_id, candidate.created_at, candidate.metric, MAX(candidate.id) AS counting_id
      FROM sensor_data AS candidate
      WHERE candidate.device_id IS NOT NULL AND candidate.created_at IS NOT NULL AND candidate.superseded = 0
      GROUP BY candidate.device_id, candidate.created_at, candidate.metric
      HAVING COUNT(*) > 1) AS repeated
    ON older.device_id = repeated.device_id
    AND older.created_at = repeated.created_at
    AND older.metric = repeated.metric
  SET older.superseded = older.id
  WHERE older.id < repeated.counting_id AND older.superseded = 0;

ALTER TABLE sensor_data
  ADD UNIQUE KEY sensor_data_identity (device_id, created_at, metric, superseded),
  DROP KEY sensor_data_by_identity;

UNLOCK TABLES;
