-- daily: counts of events per day, channel, campaign, message and mailbox provider; what dashboards read.
--
-- Recomputed for every day that was touched, in one statement that may run any number of times, so it is exact
-- and heals itself. It is never summed up from inserts: a repeated insert would count twice.
-- Combinations that disappeared get a row of zeros, which the view leaves out.

CREATE TABLE IF NOT EXISTS {{database}}.daily_log {{on_cluster}}
(
    workspace LowCardinality(String) COMMENT 'Workspace the event came from.',
    day Date COMMENT 'UTC day on which the event happened. A click on an older message counts on the day of the click; cohorts by the day of sending are made from deliveries.',
    channel LowCardinality(String) COMMENT 'email, sms, whatsapp, push, in_app, slack, webhook; the object type where it is none of these; empty for events of the person.',
    campaign_id Int64 COMMENT 'Campaign (workflow) that sent the message. 0 if none.' CODEC(ZSTD(1)),
    broadcast_id Int64 COMMENT 'API-triggered broadcast that sent the message. 0 if none.' CODEC(ZSTD(1)),
    newsletter_id Int64 COMMENT 'Newsletter (one-time send) that sent the message. 0 if none.' CODEC(ZSTD(1)),
    transactional_message_id String COMMENT 'Transactional message, id or name as sent. \'\' if none.' CODEC(ZSTD(1)),
    action_id Int64 COMMENT 'Step of the campaign or broadcast. 0 if none.' CODEC(ZSTD(1)),
    content_id Int64 COMMENT 'Variant of the newsletter. 0 if none.' CODEC(ZSTD(1)),
    mailbox_provider LowCardinality(String) COMMENT 'Mailbox provider derived from the domain: google, microsoft, yahoo, apple, ...; other if none is known. \'\' if none.',
    events UInt64 COMMENT 'All events.' CODEC(ZSTD(1)),
    drafted UInt64 COMMENT 'Drafts made.' CODEC(ZSTD(1)),
    attempted UInt64 COMMENT 'Could not be handed over, to be tried again.' CODEC(ZSTD(1)),
    sent UInt64 COMMENT 'Handed to the provider.' CODEC(ZSTD(1)),
    delivered UInt64 COMMENT 'Taken by the receiving side.' CODEC(ZSTD(1)),
    deferred UInt64 COMMENT 'Put off by the receiving side.' CODEC(ZSTD(1)),
    bounced UInt64 COMMENT 'Bounces of any class.' CODEC(ZSTD(1)),
    bounced_hard UInt64 COMMENT 'Of these: the address is dead.' CODEC(ZSTD(1)),
    bounced_soft UInt64 COMMENT 'Of these: a passing trouble of the mailbox.' CODEC(ZSTD(1)),
    bounced_block UInt64 COMMENT 'Of these: the sender was refused, says nothing about the address.' CODEC(ZSTD(1)),
    dropped UInt64 COMMENT 'Not sent, the recipient is suppressed.' CODEC(ZSTD(1)),
    failed UInt64 COMMENT 'Finally could not be handed over.' CODEC(ZSTD(1)),
    undeliverable UInt64 COMMENT 'Not sent because of a limit or a cancelled send.' CODEC(ZSTD(1)),
    opened UInt64 COMMENT 'Opens, machines included.' CODEC(ZSTD(1)),
    opened_human UInt64 COMMENT 'Opens not flagged as a machine.' CODEC(ZSTD(1)),
    clicked UInt64 COMMENT 'Clicks, machines included.' CODEC(ZSTD(1)),
    clicked_human UInt64 COMMENT 'Clicks not flagged as a machine.' CODEC(ZSTD(1)),
    converted UInt64 COMMENT 'Conversions.' CODEC(ZSTD(1)),
    replied UInt64 COMMENT 'Replies.' CODEC(ZSTD(1)),
    unsubscribed UInt64 COMMENT 'Unsubscribes, through a message or by the person.' CODEC(ZSTD(1)),
    complained UInt64 COMMENT 'Spam complaints.' CODEC(ZSTD(1)),
    computed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When the row was computed. The latest stands.' CODEC(ZSTD(1))
)
ENGINE = {{engine}}ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMM(day)
ORDER BY (workspace, day, channel, campaign_id, broadcast_id, newsletter_id, transactional_message_id, action_id, content_id, mailbox_provider)
SETTINGS min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1
COMMENT 'Rows of daily as computed. Read the view daily instead.';

CREATE OR REPLACE VIEW {{database}}.daily {{on_cluster}}
(
    workspace LowCardinality(String) COMMENT 'Workspace the event came from.',
    day Date COMMENT 'UTC day on which the event happened. A click on an older message counts on the day of the click; cohorts by the day of sending are made from deliveries.',
    channel LowCardinality(String) COMMENT 'email, sms, whatsapp, push, in_app, slack, webhook; the object type where it is none of these; empty for events of the person.',
    campaign_id Int64 COMMENT 'Campaign (workflow) that sent the message. 0 if none.',
    broadcast_id Int64 COMMENT 'API-triggered broadcast that sent the message. 0 if none.',
    newsletter_id Int64 COMMENT 'Newsletter (one-time send) that sent the message. 0 if none.',
    transactional_message_id String COMMENT 'Transactional message, id or name as sent. \'\' if none.',
    action_id Int64 COMMENT 'Step of the campaign or broadcast. 0 if none.',
    content_id Int64 COMMENT 'Variant of the newsletter. 0 if none.',
    mailbox_provider LowCardinality(String) COMMENT 'Mailbox provider derived from the domain: google, microsoft, yahoo, apple, ...; other if none is known. \'\' if none.',
    events UInt64 COMMENT 'All events.',
    drafted UInt64 COMMENT 'Drafts made.',
    attempted UInt64 COMMENT 'Could not be handed over, to be tried again.',
    sent UInt64 COMMENT 'Handed to the provider.',
    delivered UInt64 COMMENT 'Taken by the receiving side.',
    deferred UInt64 COMMENT 'Put off by the receiving side.',
    bounced UInt64 COMMENT 'Bounces of any class.',
    bounced_hard UInt64 COMMENT 'Of these: the address is dead.',
    bounced_soft UInt64 COMMENT 'Of these: a passing trouble of the mailbox.',
    bounced_block UInt64 COMMENT 'Of these: the sender was refused, says nothing about the address.',
    dropped UInt64 COMMENT 'Not sent, the recipient is suppressed.',
    failed UInt64 COMMENT 'Finally could not be handed over.',
    undeliverable UInt64 COMMENT 'Not sent because of a limit or a cancelled send.',
    opened UInt64 COMMENT 'Opens, machines included.',
    opened_human UInt64 COMMENT 'Opens not flagged as a machine.',
    clicked UInt64 COMMENT 'Clicks, machines included.',
    clicked_human UInt64 COMMENT 'Clicks not flagged as a machine.',
    converted UInt64 COMMENT 'Conversions.',
    replied UInt64 COMMENT 'Replies.',
    unsubscribed UInt64 COMMENT 'Unsubscribes, through a message or by the person.',
    complained UInt64 COMMENT 'Spam complaints.',
    computed_at DateTime64(3, 'UTC') COMMENT 'When the row was computed.',
    workflow_id Int64 COMMENT 'campaign_id under its common name.'
)
AS SELECT
    workspace,
    day,
    channel,
    campaign_id,
    broadcast_id,
    newsletter_id,
    transactional_message_id,
    action_id,
    content_id,
    mailbox_provider,
    events,
    drafted,
    attempted,
    sent,
    delivered,
    deferred,
    bounced,
    bounced_hard,
    bounced_soft,
    bounced_block,
    dropped,
    failed,
    undeliverable,
    opened,
    opened_human,
    clicked,
    clicked_human,
    converted,
    replied,
    unsubscribed,
    complained,
    computed_at,
    campaign_id AS workflow_id
FROM {{database}}.daily_log FINAL
WHERE events > 0
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Events per UTC day and grain. Grain: workspace, day, channel, campaign_id, broadcast_id, newsletter_id, transactional_message_id, action_id, content_id, mailbox_provider. Example: SELECT day, sum(bounced) / sum(sent) AS bounce_rate FROM daily WHERE mailbox_provider = \'google\' GROUP BY day ORDER BY day';
