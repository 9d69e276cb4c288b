-- Makes the two roles that sluice needs in a database, and its schema. Run it once, as a superuser, in that database:
--
--     psql -d consumer_rights -v owner_password=... -v host_password=... -f deploy/postgres/roles.sql
--
-- `sluice_owner` makes and changes the tables: it runs the migrations and nothing else. `sluice_host` is what the hosts
-- connect as: it reads and writes rows, and makes, changes and drops nothing. Tables that a later migration makes are
-- covered too. In the append-only tables the migrations take UPDATE and DELETE away again.
\set ON_ERROR_STOP on
BEGIN;

SELECT format('CREATE ROLE sluice_owner LOGIN') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice_owner')
\gexec
SELECT format('CREATE ROLE sluice_host LOGIN') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice_host')
\gexec
ALTER ROLE sluice_owner PASSWORD :'owner_password';
ALTER ROLE sluice_host PASSWORD :'host_password';

CREATE SCHEMA IF NOT EXISTS sluice AUTHORIZATION sluice_owner;
REVOKE ALL ON SCHEMA sluice FROM PUBLIC;
GRANT USAGE ON SCHEMA sluice TO sluice_host;
ALTER DEFAULT PRIVILEGES FOR ROLE sluice_owner IN SCHEMA sluice
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO sluice_host;

-- The history of migrations is the owner's own.
SELECT 'REVOKE INSERT, UPDATE, DELETE ON sluice.migrations FROM sluice_host'
    WHERE to_regclass('sluice.migrations') IS NOT NULL
\gexec

COMMIT;
