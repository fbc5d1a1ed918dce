package dev.sluice.cluster;

/**
 * Names the chunks of a snapshot, and is written after them. Immutable.
 *
 * @param number of the attempt, by which chunks of this snapshot are told from older ones under the
 *     same keys; grows within a term
 * @param chunks how many there are
 * @param bytes of all of them
 * @param crc CRC-32C of all of them
 * @param journal id of the topic that it was made from
 * @param offset of the first reading that is not in it
 * @param mark where in the journal that reading is, as {@code Mark.toString} has it
 */
public record SnapshotHeader(
    long number, int chunks, long bytes, long crc, String journal, long offset, String mark) {}
