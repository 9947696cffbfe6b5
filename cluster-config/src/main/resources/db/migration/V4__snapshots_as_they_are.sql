-- A large snapshot is mostly hashes, which do not compress: trying to took a seventh of PostgreSQL's time.

ALTER TABLE snapshot ALTER COLUMN snapshot_payload SET STORAGE EXTERNAL;
