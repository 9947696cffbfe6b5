package io.quotastack.bench;

/** The processes of a run whose CPU time is told apart. */
enum Part {
  SQL_LOAD,
  HTTP_LOAD,
  BARE,
  NODE,
  POSTGRESQL
}
