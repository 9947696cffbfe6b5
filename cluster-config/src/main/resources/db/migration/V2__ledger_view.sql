-- The ledger, readable with psql alone. It is a view over the journal: nothing is stored twice.

-- The id of something that belongs to a customer, as the API shows it: a prefix, then the customer's
-- UUID and the number of the journal event in as few bytes as it needs, in lower-case base 32
-- (RFC 4648) without padding.
CREATE FUNCTION owned_id(prefix text, customer_id uuid, number bigint) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
  WITH hexadecimal AS (
    SELECT replace(customer_id::text, '-', '')
           || CASE WHEN length(to_hex(number)) % 2 = 1 THEN '0' ELSE '' END
           || to_hex(number) AS digits
  ), bits AS (
    -- Filled up with zeros to a multiple of five.
    SELECT ('x' || digits)::varbit || repeat('0', (5 - length(digits) * 4 % 5) % 5)::varbit AS all_bits
      FROM hexadecimal
  )
  SELECT prefix
         || string_agg(
              substr('abcdefghijklmnopqrstuvwxyz234567', substring(all_bits FROM i FOR 5)::bit(5)::int + 1, 1),
              '' ORDER BY i)
    FROM bits, generate_series(1, length(all_bits), 5) AS i
$$;

-- One row per ledger entry. Filter by persistence_id ('customer|<tenant_id>|<environment>|<customer_id>')
-- where you can: it is the journal's key, the other columns are read out of each row.
CREATE VIEW ledger AS
SELECT persistence_id,
       split_part(persistence_id, '|', 2)                             AS tenant_id,
       split_part(persistence_id, '|', 3)                             AS environment,
       customer_id,
       (entry ->> 'sequence')::bigint                                 AS sequence,
       owned_id('led_', customer_id, (entry ->> 'number')::bigint)    AS id,
       entry ->> 'type'                                               AS type,
       (entry ->> 'delta')::bigint                                    AS delta,
       (entry ->> 'balance_after')::bigint                            AS balance_after,
       (entry ->> 'reserved_after')::bigint                           AS reserved_after,
       (entry ->> 'overage_after')::bigint                            AS overage_after,
       (SELECT coalesce(
                 jsonb_agg(
                   jsonb_build_object(
                     'block_id', owned_id('blk_', customer_id, (allocation ->> 'block')::bigint),
                     'amount', (allocation ->> 'amount_mc')::bigint)
                   ORDER BY position),
                 '[]'::jsonb)
          FROM jsonb_array_elements(entry -> 'allocations') WITH ORDINALITY AS a (allocation, position)
       )                                                              AS allocations,
       entry -> 'reference' ->> 'type'                                AS reference_type,
       entry -> 'reference' ->> 'id'                                  AS reference_id,
       entry ->> 'reason'                                             AS reason,
       coalesce(entry -> 'metadata', '{}'::jsonb)                     AS metadata,
       (entry ->> 'created_at')::timestamptz                          AS created_at,
       entry ->> 'previous_hash'                                      AS previous_hash,
       entry ->> 'hash'                                               AS hash,
       event_ser_manifest                                             AS event,
       sequence_number                                                AS journal_sequence
  FROM event_journal,
       LATERAL (
         SELECT split_part(persistence_id, '|', 4)::uuid              AS customer_id,
                convert_from(event_payload, 'UTF8')::jsonb -> 'entry' AS entry
         OFFSET 0 -- each row is parsed once, and not once for each column
       ) AS event
 WHERE persistence_id LIKE 'customer|%'
   AND NOT deleted
   AND entry IS NOT NULL;

COMMENT ON VIEW ledger IS 'One row per ledger entry; amounts are in millicredits.';
