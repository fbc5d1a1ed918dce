/**
 * Which host names this Sluice answers to, and which web pages may send it requests: what keeps a
 * page in an operator's browser from reading and changing things here. Judges a request by its
 * head's bytes.
 */
@NullMarked
package dev.sluice.http.origin;

import org.jspecify.annotations.NullMarked;
