-- dead_letters: what could not be used and why; facts only, the bytes stay sealed in their topic.
--
-- A dead letter is known by where it came from, so one that was written twice for the same record is one row.

CREATE TABLE IF NOT EXISTS {{database}}.dead_letters_log {{on_cluster}}
(
    workspace LowCardinality(String) COMMENT 'Workspace whose signing key matched.',
    dead_at DateTime64(3, 'UTC') COMMENT 'When it was found unusable.' CODEC(Delta(8), ZSTD(1)),
    stage LowCardinality(String) COMMENT 'Who found it: ingest (a request), score (a raw record) or warehouse (a record that makes no row here).',
    reason LowCardinality(String) COMMENT 'Why, in a word: not_json, missing_event_id, undecodable, seal_broken, future_timestamp, core_error, ...',
    detail String COMMENT 'Why, in a sentence: names the field and the shape of its value, never the value.' CODEC(ZSTD(1)),
    event_id String COMMENT 'Id of the event where it could be read, else \'\'.' CODEC(ZSTD(1)),
    profile_id String COMMENT 'Profile key where it was known, else \'\'.' CODEC(ZSTD(1)),
    source_topic LowCardinality(String) COMMENT 'Topic the record came from. \'\' for a request that never became a record.',
    source_partition UInt32 COMMENT 'Partition there; without a source that of the dead letter itself.' CODEC(ZSTD(1)),
    source_offset UInt64 COMMENT 'Offset there; without a source that of the dead letter itself.' CODEC(ZSTD(1)),
    payload_sha256 String COMMENT 'SHA-256 of the original bytes, lower-case hex. The bytes stay in the topic, sealed.' CODEC(ZSTD(1)),
    payload_bytes UInt64 COMMENT 'Length of the original bytes.' CODEC(ZSTD(1)),
    is_truncated Bool COMMENT 'True when the topic holds only the beginning of the bytes.' CODEC(ZSTD(1)),
    stored_at DateTime('UTC') DEFAULT now() COMMENT 'When the row was written here.' CODEC(ZSTD(1)),
    kafka_partition UInt32 COMMENT 'Partition of the dead letter.' CODEC(ZSTD(1)),
    kafka_offset UInt64 COMMENT 'Offset of the dead letter.' CODEC(ZSTD(1)),
    row_version UInt64 COMMENT 'Which of two rows of the same key stands: the time of the record in ms.' CODEC(ZSTD(1))
)
ENGINE = {{engine}}ReplacingMergeTree(row_version)
PARTITION BY toYYYYMM(dead_at)
ORDER BY (workspace, dead_at, stage, source_topic, source_partition, source_offset)
TTL toDateTime(dead_at) + INTERVAL 90 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 604800, ttl_only_drop_parts = 1
COMMENT 'Rows of dead_letters as inserted. Read the view dead_letters instead.';

CREATE OR REPLACE VIEW {{database}}.dead_letters {{on_cluster}}
(
    workspace LowCardinality(String) COMMENT 'Workspace whose signing key matched.',
    dead_at DateTime64(3, 'UTC') COMMENT 'When it was found unusable.',
    stage LowCardinality(String) COMMENT 'Who found it: ingest (a request), score (a raw record) or warehouse (a record that makes no row here).',
    reason LowCardinality(String) COMMENT 'Why, in a word: not_json, missing_event_id, undecodable, seal_broken, future_timestamp, core_error, ...',
    detail String COMMENT 'Why, in a sentence: names the field and the shape of its value, never the value.',
    event_id String COMMENT 'Id of the event where it could be read, else \'\'.',
    profile_id String COMMENT 'Profile key where it was known, else \'\'.',
    source_topic LowCardinality(String) COMMENT 'Topic the record came from. \'\' for a request that never became a record.',
    source_partition UInt32 COMMENT 'Partition there; without a source that of the dead letter itself.',
    source_offset UInt64 COMMENT 'Offset there; without a source that of the dead letter itself.',
    payload_sha256 String COMMENT 'SHA-256 of the original bytes, lower-case hex. The bytes stay in the topic, sealed.',
    payload_bytes UInt64 COMMENT 'Length of the original bytes.',
    is_truncated Bool COMMENT 'True when the topic holds only the beginning of the bytes.',
    stored_at DateTime('UTC') COMMENT 'When the row was written here.',
    kafka_partition UInt32 COMMENT 'Partition of the dead letter.',
    kafka_offset UInt64 COMMENT 'Offset of the dead letter.'
)
AS SELECT
    workspace,
    dead_at,
    stage,
    reason,
    detail,
    event_id,
    profile_id,
    source_topic,
    source_partition,
    source_offset,
    payload_sha256,
    payload_bytes,
    is_truncated,
    stored_at,
    kafka_partition,
    kafka_offset
FROM {{database}}.dead_letters_log FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'One row per dead letter. Grain: stage, source_topic, source_partition, source_offset. Example: SELECT stage, reason, count() FROM dead_letters WHERE dead_at >= now() - INTERVAL 1 DAY GROUP BY stage, reason';
