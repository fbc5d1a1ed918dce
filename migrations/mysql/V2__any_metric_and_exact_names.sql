-- Makes room for every metric and makes device ids exact: 'a', 'A' and 'a ' become three devices, as they are on the wire.
-- Temperatures stay in temp and all else goes to value, so that who reads device_id, temp, created_at never takes a
-- humidity for a temperature; who inserts these three columns gets metric 'temp' by default. New columns come last, so
-- that what reads SELECT * by position goes on as well.
-- superseded is 0 in the row that counts for its identity; V4 uses it.
--
-- Locks:  ALGORITHM=COPY, because the collation of a column changes. Readers go on; writers wait until the whole table
--         is copied. Needs free disk for a second copy of the table. Time it on a replica or a restored backup first.
-- Online: instead of this file, let gh-ost or pt-online-schema-change run the ALTER below with the same clauses, then tell
--         Flyway that it is done:   flyway -skipExecutingMigrations=true -target=2 migrate
-- Undo:   ALTER TABLE sensor_data DROP COLUMN superseded, DROP COLUMN value, DROP COLUMN metric,
--           MODIFY device_id VARCHAR(64);       (delete rows with metric <> 'temp' first; ids over 64 characters are refused)
--
-- One statement, so it happens wholly or not at all. The two collations are one thing under two names: MariaDB also
-- knows the name utf8mb4_0900_bin, but pads with spaces there.
-- DYNAMIC rows, because the key of V3 needs more than 1,000 bytes of index, and COMPACT ones stop at 767.

ALTER TABLE sensor_data
  MODIFY COLUMN device_id VARCHAR(128)
    CHARACTER SET utf8mb4 COLLATE /*!80017 utf8mb4_0900_bin */ /*M!100203 utf8mb4_nopad_bin */ NULL,
  MODIFY COLUMN temp DOUBLE NULL,
  ADD COLUMN metric VARCHAR(128)
    CHARACTER SET utf8mb4 COLLATE /*!80017 utf8mb4_0900_bin */ /*M!100203 utf8mb4_nopad_bin */
    NOT NULL DEFAULT 'temp',
  ADD COLUMN value DOUBLE NULL,
  ADD COLUMN superseded BIGINT NOT NULL DEFAULT 0,
  DEFAULT CHARACTER SET utf8mb4 COLLATE /*!80017 utf8mb4_0900_bin */ /*M!100203 utf8mb4_nopad_bin */,
  ENGINE = InnoDB,
  ROW_FORMAT = DYNAMIC;
