/**
 * The journal as a topic of a Kafka cluster: lanes that share records, acks from all in-sync
 * replicas, a consumer and a group's offsets for each sink, trimming to the slowest of them.
 */
@NullMarked
package dev.sluice.journal.kafka;

import org.jspecify.annotations.NullMarked;
