-- An index by time: a backfill copies the table and a verify compares it in the order of time, a day of QuestDB's
-- partitions after the other. Without it both would sort the whole table, or read it out of order.
-- One that was there before and begins with created_at does not do: the walk names this one.
--
-- Locks:  ALGORITHM=INPLACE, LOCK=NONE: readers and writers go on while it is built. The statement fails rather than lock.
--         Takes 16 bytes a row of disk, or a little more, and one more index to keep for every INSERT.
-- Online: it is. For a gentler pace: gh-ost or pt-online-schema-change with the same clause, then
--         flyway -skipExecutingMigrations=true -target=5 migrate
-- Undo:   ALTER TABLE sensor_data DROP KEY sensor_data_by_time;       (backfill and verify stop without it; writes and
--           reads do not. It may go for good once the phase is retired)

ALTER TABLE sensor_data
  ADD KEY sensor_data_by_time (created_at),
  ALGORITHM = INPLACE, LOCK = NONE;
