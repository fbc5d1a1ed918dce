-- An index by time: a backfill copies the table and a verify compares it in the order of time, a day of QuestDB's
-- partitions after the other. Without it both would sort the whole table, or read it out of order.
-- One that was there before and begins with created_at does not do: the walk names this one.
--
-- Locks:  ALGORITHM=INPLACE, LOCK=NONE: readers and writers go on while it is built, 5 to 10 s for a million rows. To
--         begin and to end, it needs the table for itself for a moment: it waits up to 5 s for transactions that use it
--         (lock_wait_timeout; others that come meanwhile queue behind it), then fails and has changed nothing.
--         Takes 16 bytes a row of disk, or a little more, and one more index to keep for every INSERT.
-- Online: it is. For a gentler pace: gh-ost or pt-online-schema-change with the same clause, then go on with `migrate`.
-- Undo:   ALTER TABLE sensor_data DROP KEY sensor_data_by_time;       (backfill and verify stop without it; writes and
--           reads do not. It may go for good once the phase is retired)
-- Again:  may be run again after a stop at any statement.

SET SESSION lock_wait_timeout = 5;

-- As in V2, for a run that begins here: an ALTER would be refused for another column's default of day 0.
SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION';

SET @sluice = IF(
  EXISTS (
    SELECT 1
      FROM information_schema.statistics
      WHERE table_schema = DATABASE() AND table_name = 'sensor_data' AND index_name = 'sensor_data_by_time'),
  'DO 0',
  'ALTER TABLE sensor_data
     ADD KEY sensor_data_by_time (created_at),
     ALGORITHM = INPLACE, LOCK = NONE');
PREPARE sluice FROM @sluice;
EXECUTE sluice;
DEALLOCATE PREPARE sluice;
