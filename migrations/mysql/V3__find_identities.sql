-- An index by identity: what V4 finds duplicates with, and what reads of one device use until V4 has put the unique
-- key in its place. created_at stands before metric because readings of a device are read in the order of time, one
-- metric or all; a read by device and time that was there before gets faster, too.
--
-- Locks:  ALGORITHM=INPLACE, LOCK=NONE: readers and writers go on while it is built, 5 to 10 s for a million rows. To
--         begin and to end, it needs the table for itself for a moment: it waits up to 5 s for transactions that use it
--         (lock_wait_timeout; others that come meanwhile queue behind it), then fails and has changed nothing.
-- Online: it is. For a gentler pace: gh-ost or pt-online-schema-change with the same clause, then go on with `migrate`.
-- Undo:   ALTER TABLE sensor_data DROP KEY sensor_data_by_identity;
-- Again:  may be run again after a stop at any statement.

SET SESSION lock_wait_timeout = 5;

-- As in V2, for a run that begins here: an ALTER would be refused for another column's default of day 0.
SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION';

SET @sluice = IF(
  EXISTS (
    SELECT 1
      FROM information_schema.statistics
      WHERE table_schema = DATABASE() AND table_name = 'sensor_data'
        AND index_name IN ('sensor_data_by_identity', 'sensor_data_identity')),
  'DO 0',
  'ALTER TABLE sensor_data
     ADD KEY sensor_data_by_identity (device_id, created_at, metric),
     ALGORITHM = INPLACE, LOCK = NONE');
PREPARE sluice FROM @sluice;
EXECUTE sluice;
DEALLOCATE PREPARE sluice;
