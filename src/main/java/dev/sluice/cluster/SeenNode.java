package dev.sluice.cluster;

import java.time.Duration;

/**
 * A node as another one sees it. Immutable.
 *
 * @param record the last it wrote
 * @param ago how long ago that was read here
 * @param alive whether that is within its lease
 */
public record SeenNode(NodeRecord record, Duration ago, boolean alive) {}
