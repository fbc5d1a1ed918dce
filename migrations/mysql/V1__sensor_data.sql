-- The table teams have today. A table that is there already is adopted instead: Flyway records this file as the
-- baseline and does not run it.
--
-- Locks:  nothing, the table is new.
-- Undo:   DROP TABLE sensor_data;
--
-- created_at is UTC, always: no server, session or JVM zone is ever applied to it.

CREATE TABLE sensor_data (
  id         BIGINT AUTO_INCREMENT PRIMARY KEY,
  device_id  VARCHAR(64),
  temp       DOUBLE,
  created_at DATETIME(6)
);
