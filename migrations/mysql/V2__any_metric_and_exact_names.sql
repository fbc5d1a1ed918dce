-- Makes room for every metric and makes device ids exact: 'a', 'A' and 'a ' become three devices, as they are on the wire.
-- Temperatures stay in temp and all else goes to value, so that who reads device_id, temp, created_at never takes a
-- humidity for a temperature; who inserts these three columns gets metric 'temp' by default. New columns come last, so
-- that what reads SELECT * by position goes on as well.
-- superseded is 0 in the row that counts for its identity; V4 uses it.
--
-- Of the columns that are there, device_id keeps NOT NULL, DEFAULT and COMMENT; temp loses NOT NULL, because a row of
-- another metric has no temperature, and keeps the rest. A CHECK that MariaDB keeps with one of these two columns goes;
-- one of the table stays.
--
-- Locks:  ALGORITHM=COPY, because the collation of a column changes. Readers go on; writers wait until the whole table
--         is copied: some 10 s for a million rows, more when the table is larger than the server's memory. To begin
--         and to end, it needs the table for itself for a moment: it waits up to 5 s for transactions that use it
--         (lock_wait_timeout), then fails and has changed nothing. Needs free disk for a second copy of the table.
-- Online: instead of this file, let gh-ost or pt-online-schema-change run an ALTER with these clauses, then go on with
--         `migrate`: this file sees that it is done.
--           MODIFY device_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin,  (MariaDB: utf8mb4_nopad_bin)
--           MODIFY temp DOUBLE NULL,
--           ADD metric VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL DEFAULT 'temp',
--           ADD value DOUBLE NULL, ADD superseded BIGINT NOT NULL DEFAULT 0,
--           ENGINE = InnoDB, ROW_FORMAT = DYNAMIC, KEY_BLOCK_SIZE = 0
-- Undo:   ALTER TABLE sensor_data DROP COLUMN superseded, DROP COLUMN value, DROP COLUMN metric,
--           MODIFY device_id VARCHAR(64);       (delete rows with metric <> 'temp' first; ids over 64 characters are refused)
-- Again:  may be run again after a stop at any statement. One ALTER, so it happens wholly or not at all.
--
-- The two collations are one thing under two names: MariaDB also knows the name utf8mb4_0900_bin, but pads with spaces
-- there. DYNAMIC rows, because the keys of V3 and V4 need more than 767 bytes of index, and more than small compressed
-- pages hold: a compressed table is not compressed afterwards.

SET SESSION lock_wait_timeout = 5;

-- Text that does not fit is refused, not cut; dates of day or month 0 that are there stay. MySQL warns (3135) that these
-- two are not set together here: that is meant.
SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION';

SET @mariadb = VERSION() LIKE '%MariaDB%';
SET @exact = CONCAT(' CHARACTER SET utf8mb4 COLLATE ', IF(@mariadb, 'utf8mb4_nopad_bin', 'utf8mb4_0900_bin'));

-- What device_id and temp were declared with besides their types. A default is an expression as it is on MariaDB, a
-- bare value or an expression on MySQL.
SET @device_id = (
  SELECT CONCAT(
      IF(is_nullable = 'NO', ' NOT NULL', ' NULL'),
      CASE
        WHEN column_default IS NULL THEN ''
        WHEN @mariadb THEN CONCAT(' DEFAULT ', column_default)
        WHEN extra LIKE '%DEFAULT_GENERATED%' THEN CONCAT(' DEFAULT (', REPLACE(column_default, '\\''', ''''), ')')
        ELSE CONCAT(' DEFAULT ', QUOTE(column_default))
      END,
      IF(column_comment = '', '', CONCAT(' COMMENT ', QUOTE(column_comment))))
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'sensor_data' AND column_name = 'device_id');
SET @temp = (
  SELECT CONCAT(
      ' NULL',
      CASE
        WHEN column_default IS NULL THEN ''
        WHEN @mariadb THEN CONCAT(' DEFAULT ', column_default)
        WHEN extra LIKE '%DEFAULT_GENERATED%' THEN CONCAT(' DEFAULT (', REPLACE(column_default, '\\''', ''''), ')')
        ELSE CONCAT(' DEFAULT ', QUOTE(column_default))
      END,
      IF(column_comment = '', '', CONCAT(' COMMENT ', QUOTE(column_comment))))
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'sensor_data' AND column_name = 'temp');

SET @sluice = IF(
  (SELECT COUNT(*)
     FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'sensor_data'
       AND column_name IN ('metric', 'value', 'superseded')) = 3,
  'DO 0',
  CONCAT(
    'ALTER TABLE sensor_data',
    ' MODIFY COLUMN device_id VARCHAR(128)', @exact, @device_id,
    ', MODIFY COLUMN temp DOUBLE', @temp,
    ', ADD COLUMN metric VARCHAR(255)', @exact, ' NOT NULL DEFAULT ''temp''',
    ', ADD COLUMN value DOUBLE NULL',
    ', ADD COLUMN superseded BIGINT NOT NULL DEFAULT 0',
    ', DEFAULT', @exact,
    ', ENGINE = InnoDB, ROW_FORMAT = DYNAMIC, KEY_BLOCK_SIZE = 0'));
PREPARE sluice FROM @sluice;
EXECUTE sluice;
DEALLOCATE PREPARE sluice;
