-- Of several rows with one (device_id, created_at, metric) one counts: that with the highest id of those that have a
-- value, or, where none has, that with the highest id. The others stay, marked with their own id in superseded (an
-- id of 0 with the least BIGINT). From here on the store itself keeps one counting row per identity.
-- Rows without device_id or created_at have no identity and stay as they are.
--
-- Afterwards an INSERT of an identity that is already there fails with error 1062, where it used to add a second row.
-- Who must not see that writes INSERT IGNORE, or INSERT ... ON DUPLICATE KEY UPDATE. Marking a row is an UPDATE: it
-- fires the table's UPDATE triggers and sets columns declared with ON UPDATE.
--
-- Locks:  the rows that are marked, until all are; nothing else while duplicates are looked for (one walk of V3's index,
--         which MariaDB sorts besides: 5 to 45 s for a million rows). Then ALGORITHM=INPLACE, LOCK=NONE: readers and
--         writers go on while the unique key is built, 5 to 10 s for a million rows. To begin and to end, each ALTER
--         needs the table for itself for a moment: it waits up to 5 s for transactions that use it (lock_wait_timeout;
--         others that come meanwhile queue behind it), then fails and has changed nothing.
--         Without a lock a duplicate can come in between, or while the key is built: the ALTER then fails with error
--         1062 and has changed nothing. Run it again: it marks that one too. `./sluice migrate` does so by itself.
-- Online: it is. With many duplicates, run the UPDATE below by itself beforehand, in portions of devices. gh-ost and
--         pt-online-schema-change would drop duplicates when they add a unique key: do not use them here.
-- Undo:   ALTER TABLE sensor_data ADD KEY sensor_data_by_identity (device_id, created_at, metric),
--           DROP KEY sensor_data_identity;
--         UPDATE sensor_data SET superseded = 0;
-- Again:  may be run again after a stop at any statement: every statement finds only what is left to do.

SET SESSION lock_wait_timeout = 5;

-- As in V2, for a run that begins here: an ALTER would be refused for another column's default of day 0.
SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION';
-- The UPDATE goes over the whole table: that is meant.
SET SESSION sql_safe_updates = 0;

-- The rows that are only looked at are not locked then. Takes effect with the next transaction.
SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;
COMMIT;

-- STRAIGHT_JOIN: from the repeated identities to their rows by V3's index, not from all rows to the repeated identities.
UPDATE (
    SELECT one.device_id, one.created_at, one.metric,
        COALESCE(MAX(IF(IF(one.metric = 'temp', one.temp, one.value) IS NULL, NULL, one.id)), MAX(one.id)) AS counting_id
      FROM (
          SELECT device_id, created_at, metric
            FROM sensor_data
            WHERE device_id IS NOT NULL AND created_at IS NOT NULL
            GROUP BY device_id, created_at, metric
            HAVING COUNT(*) > 1) AS repeated
        STRAIGHT_JOIN sensor_data AS one
          ON one.device_id = repeated.device_id
          AND one.created_at = repeated.created_at
          AND one.metric = repeated.metric
      WHERE one.superseded = 0
      GROUP BY one.device_id, one.created_at, one.metric) AS counts
  STRAIGHT_JOIN sensor_data AS older
    ON older.device_id = counts.device_id
    AND older.created_at = counts.created_at
    AND older.metric = counts.metric
  SET older.superseded = IF(older.id = 0, -9223372036854775808, older.id)
  WHERE older.id <> counts.counting_id AND older.superseded = 0;
COMMIT;

SET @sluice = IF(
  EXISTS (
    SELECT 1
      FROM information_schema.statistics
      WHERE table_schema = DATABASE() AND table_name = 'sensor_data' AND index_name = 'sensor_data_identity'),
  'DO 0',
  'ALTER TABLE sensor_data
     ADD UNIQUE KEY sensor_data_identity (device_id, created_at, metric, superseded),
     ALGORITHM = INPLACE, LOCK = NONE');
PREPARE sluice FROM @sluice;
EXECUTE sluice;
DEALLOCATE PREPARE sluice;

SET @sluice = IF(
  EXISTS (
    SELECT 1
      FROM information_schema.statistics
      WHERE table_schema = DATABASE() AND table_name = 'sensor_data' AND index_name = 'sensor_data_by_identity'),
  'ALTER TABLE sensor_data DROP KEY sensor_data_by_identity, ALGORITHM = INPLACE, LOCK = NONE',
  'DO 0');
PREPARE sluice FROM @sluice;
EXECUTE sluice;
DEALLOCATE PREPARE sluice;
