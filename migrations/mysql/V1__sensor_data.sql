-- The table teams have today. Where it is there already it stays as it is, rows and all, and the next files bring it
-- to what Sluice needs.
--
-- Locks:  nothing; a table that exists is not touched.
-- Undo:   DROP TABLE sensor_data;             (only if this file created it)
--
-- created_at is UTC, always: no server, session or JVM zone is ever applied to it.

CREATE TABLE IF NOT EXISTS sensor_data (
  id         BIGINT AUTO_INCREMENT PRIMARY KEY,
  device_id  VARCHAR(64),
  temp       DOUBLE,
  created_at DATETIME(6)
);
