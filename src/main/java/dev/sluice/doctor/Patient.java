package dev.sluice.doctor;

import dev.sluice.store.StoreCheckup;
import dev.sluice.store.StoreSchema;
import java.util.Optional;

/**
 * A store to be checked. One that the phase does not write is not among them.
 *
 * @param name of the store
 * @param checkup what its settings mean
 * @param schema its migrations; empty if they cannot be looked at without opening the store
 */
public record Patient(String name, StoreCheckup checkup, Optional<StoreSchema> schema) {}
