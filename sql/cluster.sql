-- What every other test counts on: a coordinator and three workers, each of which a script can connect to.
\getenv coordinator DISTSHARD_NODE1
\getenv worker DISTSHARD_NODE4
SELECT current_database(), current_user, extversion FROM pg_extension WHERE extname = 'distshard';
SELECT system_identifier AS coordinator_system FROM pg_control_system() \gset
\c :worker
SELECT current_database(), current_user, system_identifier <> :coordinator_system AS another_server
FROM pg_control_system();
\c :coordinator
SELECT system_identifier = :coordinator_system AS back FROM pg_control_system();
