-- Refuses a sensor_data that the files here would harm, or that would harm what Sluice writes; run by Flyway before every
-- `validate` and every `migrate`, and before the baseline. Changes nothing. `./sluice migrate` looks at the same things
-- first and names the statement that mends each; so does MIGRATION.md ("What a table may carry").
--
-- A refusal is an error 1054 whose "unknown column" is the reason: MySQL prepares no SIGNAL.

SET @migrated = (
  SELECT COUNT(*) = 3
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'sensor_data'
      AND column_name IN ('metric', 'value', 'superseded'));

-- What kind of table, and its columns.
SET @refusal = COALESCE(
  (SELECT CONCAT('is a ', table_type)
     FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_name = 'sensor_data' AND table_type <> 'BASE TABLE'),
  (SELECT CONCAT('column ', MIN(needed.name), ' is missing')
     FROM (
         SELECT 'id' AS name UNION SELECT 'device_id' UNION SELECT 'temp' UNION SELECT 'created_at') AS needed
       LEFT JOIN information_schema.columns AS c
         ON c.table_schema = DATABASE() AND c.table_name = 'sensor_data' AND c.column_name = needed.name
     WHERE c.column_name IS NULL
       AND EXISTS (
         SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'sensor_data')),
  (SELECT CONCAT('column ', column_name, ' is ', column_type, ' ', extra)
     FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'sensor_data'
       AND (column_name = 'id' AND NOT (data_type = 'bigint' AND extra LIKE '%auto_increment%')
         OR column_name = 'device_id' AND NOT (data_type = 'varchar' AND character_maximum_length <= 128)
         OR column_name = 'temp' AND column_type <> 'double'
         OR column_name = 'created_at' AND (column_type <> 'datetime(6)' OR extra LIKE '%on update%')
         OR column_name IN ('id', 'device_id', 'temp', 'created_at') AND generation_expression <> '')
     LIMIT 1),
  (SELECT CONCAT('column ', column_name, ' has a name that Sluice reserves')
     FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'sensor_data'
       AND (column_name IN ('metric', 'value', 'superseded') AND NOT @migrated
         OR column_name = 'metric' AND NOT (data_type = 'varchar' AND character_maximum_length = 255)
         OR column_name = 'value' AND column_type <> 'double'
         OR column_name = 'superseded' AND data_type <> 'bigint')
     LIMIT 1),
  (SELECT CONCAT('column ', column_name, ' needs a value in every INSERT')
     FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'sensor_data'
       AND column_name NOT IN ('id', 'device_id', 'temp', 'created_at', 'metric', 'value', 'superseded')
       AND is_nullable = 'NO' AND column_default IS NULL AND COALESCE(generation_expression, '') = ''
       AND extra NOT LIKE '%DEFAULT_GENERATED%' AND data_type <> 'enum'
     LIMIT 1));

-- Its keys: those that an upsert would meet in place of Sluice's own, and names that are taken.
SET @refusal = COALESCE(
  @refusal,
  (SELECT CONCAT('its primary key is (', GROUP_CONCAT(column_name ORDER BY seq_in_index), '), not (id)')
     FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'sensor_data' AND index_name = 'PRIMARY'
     HAVING SUM(column_name = 'id' AND seq_in_index = 1) = 0
       OR SUM(column_name NOT IN ('id', 'created_at')) > 0),
  (SELECT 'it has no primary key'
     FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_name = 'sensor_data'
       AND NOT EXISTS (
         SELECT 1
           FROM information_schema.statistics
           WHERE table_schema = DATABASE() AND table_name = 'sensor_data' AND index_name = 'PRIMARY')),
  (SELECT CONCAT('has another unique key, ', s.index_name, ' (',
         GROUP_CONCAT(COALESCE(s.column_name, 'expression') ORDER BY s.seq_in_index), ')')
     FROM information_schema.statistics AS s
       LEFT JOIN information_schema.columns AS c
         ON c.table_schema = s.table_schema AND c.table_name = s.table_name AND c.column_name = s.column_name
     WHERE s.table_schema = DATABASE() AND s.table_name = 'sensor_data' AND s.non_unique = 0
       AND s.index_name NOT IN ('PRIMARY', 'sensor_data_identity')
     GROUP BY s.index_name
     HAVING SUM(COALESCE(s.column_name = 'id', 0)) = 0
       AND SUM(COALESCE(
           s.column_name NOT IN ('device_id', 'temp', 'created_at', 'metric', 'value', 'superseded')
             AND COALESCE(c.generation_expression, '') = ''
             AND (LOWER(c.column_default) REGEXP
                 '^(uuid_to_bin[(])?uuid(_short|_v4|_v7)?[(][)](, ?[a-z0-9]+)?[)]?$'
               OR c.is_nullable = 'YES' AND COALESCE(c.column_default, 'NULL') = 'NULL'
                 AND c.extra NOT LIKE '%DEFAULT_GENERATED%'), 0)) = 0
     LIMIT 1),
  (SELECT CONCAT('key ', index_name, ' is over (', GROUP_CONCAT(COALESCE(column_name, 'expression') ORDER BY seq_in_index), ')')
     FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'sensor_data'
       AND index_name IN ('sensor_data_by_identity', 'sensor_data_identity', 'sensor_data_by_time')
     GROUP BY index_name
     HAVING CONCAT(
         MIN(non_unique), ' ', MIN(index_name), ' ',
         GROUP_CONCAT(
           COALESCE(CONCAT(column_name, '(', sub_part, ')'), column_name, 'expression') ORDER BY seq_in_index)) NOT IN (
       '1 sensor_data_by_identity device_id,created_at,metric',
       '0 sensor_data_identity device_id,created_at,metric,superseded',
       '1 sensor_data_by_time created_at')
     LIMIT 1));

-- What hangs on it: foreign keys over a column whose type changes, triggers that change what is written, partitions.
SET @refusal = COALESCE(
  @refusal,
  (SELECT CONCAT('foreign key ', constraint_name, ' of ', table_name, ' holds device_id')
     FROM information_schema.key_column_usage
     WHERE NOT @migrated AND referenced_table_name IS NOT NULL
       AND (table_schema = DATABASE() AND table_name = 'sensor_data' AND column_name = 'device_id'
         OR referenced_table_schema = DATABASE() AND referenced_table_name = 'sensor_data'
           AND referenced_column_name = 'device_id')
     LIMIT 1),
  (SELECT CONCAT('trigger ', trigger_name, ' changes what is written')
     FROM information_schema.triggers
     WHERE event_object_schema = DATABASE() AND event_object_table = 'sensor_data' AND action_timing = 'BEFORE'
       -- Sluice gives every row a device and a time: what is done when they are NULL comes to nothing.
       AND REGEXP_REPLACE(
         LOWER(CONVERT(action_statement USING utf8mb4)),
         'if[[:space:]]+`?new`?[[:space:]]*[.][[:space:]]*`?(created_at|device_id)`?[[:space:]]+is[[:space:]]+null[[:space:]]+then[[:space:]][^;]*;[[:space:]]*end[[:space:]]+if',
         '') REGEXP
         '(set[[:space:]]|,)[[:space:]]*`?new`?[[:space:]]*[.][[:space:]]*`?(id|device_id|temp|created_at|metric|value|superseded)`?[[:space:]]*:?=|into[[:space:]]+`?new`?[[:space:]]*[.][[:space:]]*`?(id|device_id|temp|created_at|metric|value|superseded)([^a-z0-9_]|$)'
     LIMIT 1),
  (SELECT CONCAT('is partitioned by ', COALESCE(partition_expression, 'its primary key'))
     FROM information_schema.partitions
     WHERE table_schema = DATABASE() AND table_name = 'sensor_data' AND partition_method IS NOT NULL
       AND LOWER(CONCAT(COALESCE(partition_expression, 'id'), ' ', COALESCE(subpartition_expression, '')))
         NOT REGEXP 'created_at'
     LIMIT 1),
  IF(@@innodb_page_size < 16384, 'needs InnoDB pages of 16 KiB for its keys', NULL));

-- A marked row carries its id in a signed column.
SET @sluice = IF(
  @refusal IS NULL AND EXISTS (
    SELECT 1
      FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = 'sensor_data' AND column_name = 'id'
        AND column_type LIKE '%unsigned%'),
  'SELECT IF(MAX(id) > 9223372036854775807, ''has ids above 9223372036854775807'', NULL) INTO @refusal FROM sensor_data',
  'DO 0');
PREPARE sluice FROM @sluice;
EXECUTE sluice;
DEALLOCATE PREPARE sluice;

SET @sluice = IF(
  @refusal IS NULL,
  'DO 0',
  CONCAT('SELECT `', LEFT(REPLACE(CONCAT('sensor_data ', @refusal, '; see: ./sluice migrate validate'), '`', ''), 190), '`'));
PREPARE sluice FROM @sluice;
EXECUTE sluice;
DEALLOCATE PREPARE sluice;
