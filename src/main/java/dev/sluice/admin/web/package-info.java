/** The operator's page: static files, and the headers a browser needs. It knows no other part. */
@NullMarked
package dev.sluice.admin.web;

import org.jspecify.annotations.NullMarked;
