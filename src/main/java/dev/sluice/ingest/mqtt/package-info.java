/**
 * Readings by MQTT 3.1.1 and 5: an endpoint that takes messages in and acknowledges each once the
 * journal has it, and no broker. Packets are read on a few event loops that never wait; messages
 * are taken in on virtual threads, one batch of a connection at a time.
 */
@NullMarked
package dev.sluice.ingest.mqtt;

import org.jspecify.annotations.NullMarked;
