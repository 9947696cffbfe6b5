/**
 * The benchmark: QuotaStack over HTTP beside a plain PostgreSQL row-lock debit, on one machine, in
 * one go.
 */
@NullMarked
package io.quotastack.bench;

import org.jspecify.annotations.NullMarked;
