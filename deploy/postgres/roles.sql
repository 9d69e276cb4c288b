-- Makes the two roles that sluice needs in a database, and its schema. Run it once, as a superuser, in that database:
--
--     psql -d consumer_rights -v owner_password=... -v host_password=... -f deploy/postgres/roles.sql
--
-- `sluice_owner` makes and changes the tables: it runs the migrations and nothing else. `sluice_host` is what the hosts
-- connect as: it reads and writes rows, and makes, changes and drops nothing. Tables that a later migration makes are
-- covered too. In the append-only tables the migrations take UPDATE and DELETE away again.
--
-- Run it again after a restore, however often: owners and rights become what they were made.
\set ON_ERROR_STOP on
BEGIN;

SELECT format('CREATE ROLE sluice_owner LOGIN') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice_owner')
\gexec
SELECT format('CREATE ROLE sluice_host LOGIN') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice_host')
\gexec
ALTER ROLE sluice_owner LOGIN PASSWORD :'owner_password';
ALTER ROLE sluice_host LOGIN PASSWORD :'host_password';

CREATE SCHEMA IF NOT EXISTS sluice AUTHORIZATION sluice_owner;
ALTER SCHEMA sluice OWNER TO sluice_owner;
REVOKE ALL ON SCHEMA sluice FROM PUBLIC, sluice_host;
GRANT USAGE ON SCHEMA sluice TO sluice_host;
ALTER DEFAULT PRIVILEGES FOR ROLE sluice_owner IN SCHEMA sluice
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO sluice_host;
-- What was given last is read to find numbers that a restore set back.
ALTER DEFAULT PRIVILEGES FOR ROLE sluice_owner IN SCHEMA sluice GRANT SELECT ON SEQUENCES TO sluice_host;

-- What is there already, as after a restore without owners. A sequence of a column goes with its table.
SELECT format('ALTER %s sluice.%I OWNER TO sluice_owner',
        CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
        relname)
    FROM pg_class
    WHERE relnamespace = 'sluice'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
        AND pg_get_userbyid(relowner) <> 'sluice_owner'
        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
            AND deptype IN ('a', 'i') AND refclassid = 'pg_class'::regclass AND relkind = 'S')
    ORDER BY relkind
\gexec
SELECT format('ALTER ROUTINE %s OWNER TO sluice_owner', oid::regprocedure)
    FROM pg_proc WHERE pronamespace = 'sluice'::regnamespace AND pg_get_userbyid(proowner) <> 'sluice_owner'
\gexec

-- And its rights, as after a restore without grants.
REVOKE ALL ON ALL TABLES IN SCHEMA sluice FROM sluice_host;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA sluice FROM sluice_host;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sluice TO sluice_host;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA sluice TO sluice_host;

-- What only grows has a trigger of this name.
SELECT format('REVOKE UPDATE, DELETE ON sluice.%I FROM sluice_host', relname)
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE relnamespace = 'sluice'::regnamespace AND tgname = relname || '_append_only'
\gexec
-- The history of migrations is the owner's own.
SELECT 'REVOKE INSERT, UPDATE, DELETE ON sluice.migrations FROM sluice_host'
    WHERE to_regclass('sluice.migrations') IS NOT NULL
\gexec

COMMIT;
