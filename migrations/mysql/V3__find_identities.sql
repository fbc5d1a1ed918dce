-- An index by identity: what V4 finds duplicates with, and what reads of one device use until V4 has put the unique
-- key in its place. created_at stands before metric because readings of a device are read in the order of time, one
-- metric or all; a read by device and time that was there before gets faster, too.
--
-- Locks:  ALGORITHM=INPLACE, LOCK=NONE: readers and writers go on while it is built. The statement fails rather than lock.
-- Online: it is. For a gentler pace: gh-ost or pt-online-schema-change with the same clause, then
--         flyway -skipExecutingMigrations=true -target=3 migrate
-- Undo:   ALTER TABLE sensor_data DROP KEY sensor_data_by_identity;

ALTER TABLE sensor_data
  ADD KEY sensor_data_by_identity (device_id, created_at, metric),
  ALGORITHM = INPLACE, LOCK = NONE;
