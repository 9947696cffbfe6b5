-- Alarms: which customer is to be rung when. The table is what db-scheduler 16 documents for PostgreSQL, and
-- its job is only to find customers: an alarm says neither that something is due nor what.
--
-- Each alarm is a row of its own and is removed once the customer was rung; task_instance is
-- '<tenant_id>|<environment>|<customer_id>@<when, in milliseconds since 1970>', so that the same alarm set
-- twice is one row.
--
-- Two of the documented indexes are smaller here. The one for priorities is left out: no alarm has one, and
-- every alarm would pay for it. The one on heartbeats holds only what is being rung (a row that waits has no
-- heartbeat), which is all that it is searched for.

CREATE TABLE scheduled_tasks (
  task_name            TEXT                     NOT NULL,
  task_instance        TEXT                     NOT NULL,
  task_data            BYTEA,
  execution_time       TIMESTAMP WITH TIME ZONE NOT NULL,
  picked               BOOLEAN                  NOT NULL,
  picked_by            TEXT,
  last_success         TIMESTAMP WITH TIME ZONE,
  last_failure         TIMESTAMP WITH TIME ZONE,
  consecutive_failures INTEGER,
  last_heartbeat       TIMESTAMP WITH TIME ZONE,
  version              BIGINT                   NOT NULL,
  priority             SMALLINT,
  PRIMARY KEY (task_name, task_instance)
);

CREATE INDEX scheduled_tasks_execution_time_idx ON scheduled_tasks (execution_time);

CREATE INDEX scheduled_tasks_last_heartbeat_idx ON scheduled_tasks (last_heartbeat)
  WHERE last_heartbeat IS NOT NULL;
