-- The table teams have today. Where it is there already it stays as it is, rows and all, and the next files bring it
-- to what Sluice needs. What such a table may look like is checked beforehand, by beforeValidate.sql.
--
-- Locks:  nothing; a table that exists is not touched.
-- Undo:   DROP TABLE sensor_data;             (only if this file created it)
-- Again:  may be run again after a stop at any statement.
--
-- created_at is UTC, always: no server, session or JVM zone is ever applied to it.

SET SESSION lock_wait_timeout = 5;

SET @sluice = IF(
  EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'sensor_data'),
  'DO 0',
  'CREATE TABLE sensor_data (
     id         BIGINT AUTO_INCREMENT PRIMARY KEY,
     device_id  VARCHAR(64),
     temp       DOUBLE,
     created_at DATETIME(6)
   )');
PREPARE sluice FROM @sluice;
EXECUTE sluice;
DEALLOCATE PREPARE sluice;
