/**
 * TLS for both ports: certificates and keys from PEM files, replaced while running when the files
 * change, and the socket that encrypts a connection. What is sent over it is not known here.
 */
@NullMarked
package dev.sluice.http.tls;

import org.jspecify.annotations.NullMarked;
