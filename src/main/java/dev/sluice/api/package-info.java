/**
 * The answers of the operators' API: a record for each, and the mapper that writes and reads them.
 * The migration makes them, the admin port writes them, meters read their fields, and commands read
 * them back.
 *
 * <p>A component is a member of the same name in snake case, in the order of declaration
 * ({@code @JsonbProperty} names what Java has a word of its own for). A null component is written
 * as null, or left out if it is marked {@code @JsonbNillable(false)}. When read, an absent member
 * and a null one are the same, and unknown members are passed over: the Sluice that answers may be
 * older or newer. States and the like are texts for the same reason.
 */
@NullMarked
package dev.sluice.api;

import org.jspecify.annotations.NullMarked;
