/*-------------------------------------------------------------------------
 *
 * server_check.c
 *	  May a server become a node of the cluster?
 *
 * Each condition that it does not meet is an error of its own, with the way
 * out as a hint. Nothing is changed here, neither on this server nor on that one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "commands/dbcommands.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "placement/server_check.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(distshard_server_identity);

#define IDENTITY_QUERY                                                                   \
	"SELECT system_identifier || '/' || extract(epoch FROM pg_postmaster_start_time()) " \
	"FROM pg_control_system()"

/* What is compared between servers. One query asks for all of it, here and there. */
typedef enum Fact
{
	FACT_IDENTITY,
	FACT_IN_RECOVERY,
	FACT_PRELOADED,
	FACT_AVAILABLE_VERSION,
	FACT_INSTALLED_VERSION,
	FACT_MAX_PREPARED,
	FACT_MAX_CONNECTIONS,
	FACT_WAL_LEVEL,
	FACT_ENCODING,
	FACT_LOCALE,
	FACT_COLLATION_VERSION,
	NUM_FACTS
} Fact;

static const char facts_query[] =
	"SELECT (" IDENTITY_QUERY "), pg_is_in_recovery()::text, "
	"(SELECT count(*)::text FROM "
	"regexp_split_to_table(current_setting('shared_preload_libraries'), ',') l "
	"WHERE btrim(l, ' \"') ~ '(^|/)distshard(\\.so)?$'), "
	"(SELECT default_version FROM pg_available_extensions WHERE name = 'distshard'), "
	"(SELECT extversion FROM pg_extension WHERE extname = 'distshard'), "
	"current_setting('max_prepared_transactions'), current_setting('max_connections'), "
	"current_setting('wal_level'), "
	"pg_encoding_to_char(encoding)::text, "
	"concat_ws(', ', CASE datlocprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' ELSE 'builtin' "
	"END, "
	"datcollate, datctype, to_jsonb(d) ->> 'daticulocale', to_jsonb(d) ->> 'datlocale'), "
	"pg_database_collation_actual_version(oid) "
	"FROM pg_database d WHERE datname = current_database()";

static char **
LocalFacts(void)
{
	MemoryContext caller = CurrentMemoryContext;
	char        **facts = palloc0(sizeof(char *) * NUM_FACTS);

	SPI_connect();
	if (SPI_execute(facts_query, true, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not read this server's settings");
	for (int i = 0; i < NUM_FACTS; i++)
	{
		char *value = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1);

		facts[i] = value ? MemoryContextStrdup(caller, value) : NULL;
	}
	SPI_finish();
	return facts;
}

/* The name by which only this host is meant. */
static bool
IsLoopback(const char *host)
{
	return host[0] == '/' || strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
		   strcmp(host, "::1") == 0;
}

static void
RaiseUnsuitable(const NewServer *server, const char *problem, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("server %s:%d cannot be added", server->host, server->port),
					errdetail_internal("%s", problem), hint ? errhint("%s", hint) : 0));
}

/* The reason why a connection failed may be that the database is missing: libpq gives no SQLSTATE. */
static void
RaiseUnreachable(const NewServer *server, const char *reason)
{
	char *database = get_database_name(MyDatabaseId);
	char *ignored;
	Peer *other = ConnectPeer(server->host, server->port, "template1", &ignored);

	if (other &&
		strcmp(PeerValue(other, psprintf("SELECT count(*) FROM pg_database WHERE datname = %s",
										 quote_literal_cstr(database))),
			   "0") == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_DATABASE),
						errmsg("server %s:%d has no database \"%s\"", server->host, server->port,
							   database),
						errhint("Create it there, with the encoding and locale of this one.")));
	ereport(ERROR, (errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
					errmsg("could not connect to server %s:%d", server->host, server->port),
					errdetail_internal("%s", reason),
					errhint("The server has to run, and its pg_hba.conf to allow \"%s\" to "
							"connect to database \"%s\" from here.",
							GetUserNameFromId(GetSessionUserId(), false), database)));
}

/* Each session may have a transaction prepared, and one that cannot fails when it commits. */
static bool
MayPrepareTooFew(char **facts)
{
	return atoi(facts[FACT_MAX_PREPARED]) < atoi(facts[FACT_MAX_CONNECTIONS]);
}

static void
CheckSettings(const NewServer *server, char **theirs, char **ours)
{
	if (strcmp(theirs[FACT_IN_RECOVERY], "true") == 0)
		RaiseUnsuitable(server, "It is a standby.", "Add its primary.");
	if (strcmp(theirs[FACT_PRELOADED], "0") == 0)
		RaiseUnsuitable(server, "It does not load distshard.",
						"Add distshard to shared_preload_libraries in its postgresql.conf and "
						"restart it.");
	if (theirs[FACT_AVAILABLE_VERSION] == NULL)
		RaiseUnsuitable(server, "Extension distshard is not installed there.",
						"Install the same version of distshard there.");
	if (theirs[FACT_INSTALLED_VERSION] == NULL &&
		strcmp(theirs[FACT_AVAILABLE_VERSION], ours[FACT_INSTALLED_VERSION]) != 0)
		RaiseUnsuitable(server,
						psprintf("It has version %s of distshard, and this node version %s.",
								 theirs[FACT_AVAILABLE_VERSION], ours[FACT_INSTALLED_VERSION]),
						"Install the same version of distshard there.");
	if (theirs[FACT_INSTALLED_VERSION] &&
		strcmp(theirs[FACT_INSTALLED_VERSION], ours[FACT_INSTALLED_VERSION]) != 0)
		RaiseUnsuitable(
			server,
			psprintf("Its database uses version %s of distshard, and this one version %s.",
					 theirs[FACT_INSTALLED_VERSION], ours[FACT_INSTALLED_VERSION]),
			"Use ALTER EXTENSION distshard UPDATE.");
	if (MayPrepareTooFew(theirs))
		RaiseUnsuitable(
			server,
			psprintf("Its max_prepared_transactions is %s, and its max_connections %s.",
					 theirs[FACT_MAX_PREPARED], theirs[FACT_MAX_CONNECTIONS]),
			"Transactions over several nodes are prepared transactions there: set it to "
			"at least max_connections, and restart the server.");
	if (MayPrepareTooFew(ours))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("max_prepared_transactions is %s on this node, and max_connections %s",
						ours[FACT_MAX_PREPARED], ours[FACT_MAX_CONNECTIONS]),
				 errhint("Transactions over several nodes are prepared transactions here: set "
						 "it to at least max_connections, and restart the server.")));
	if (strcmp(theirs[FACT_WAL_LEVEL], "minimal") == 0)
		RaiseUnsuitable(server, "Its wal_level is \"minimal\".",
						"Set it to \"replica\" or \"logical\" and restart the server.");
}

/* Rows must sort, hash and compare alike on all nodes. */
static void
CheckDatabase(const NewServer *server, char **theirs, char **ours)
{
	if (strcmp(theirs[FACT_ENCODING], ours[FACT_ENCODING]) != 0)
		RaiseUnsuitable(server,
						psprintf("The encoding of its database is %s, and that of this one %s.",
								 theirs[FACT_ENCODING], ours[FACT_ENCODING]),
						"Create the database there with the same encoding and locale.");
	if (strcmp(theirs[FACT_LOCALE], ours[FACT_LOCALE]) != 0)
		RaiseUnsuitable(server,
						psprintf("The locale of its database is (%s), and that of this one (%s).",
								 theirs[FACT_LOCALE], ours[FACT_LOCALE]),
						"Create the database there with the same encoding and locale.");
	if (theirs[FACT_COLLATION_VERSION] && ours[FACT_COLLATION_VERSION] &&
		strcmp(theirs[FACT_COLLATION_VERSION], ours[FACT_COLLATION_VERSION]) != 0)
		RaiseUnsuitable(
			server,
			psprintf("The collation of its database has version %s, and that of this one "
					 "version %s.",
					 theirs[FACT_COLLATION_VERSION], ours[FACT_COLLATION_VERSION]),
			"Run the same release of the operating system (or of ICU) on all nodes.");
}

char *
LocalClusterId(void)
{
	char *id;

	SPI_connect();
	if (SPI_execute("SELECT cluster_id FROM distshard.local", true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "distshard.local has no row");
	id = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	id = strcpy(SPI_palloc(strlen(id) + 1), id);
	SPI_finish();
	return id;
}

/*
 * An extension that is there already must not be in use. If it has our cluster's
 * id, it remains from an attempt to add the server that a crash ended.
 */
static void
CheckMembership(NewServer *server, char **theirs)
{
	char **use;
	bool   ours;

	server->has_extension = theirs[FACT_INSTALLED_VERSION] != NULL;
	if (!server->has_extension)
		return;

	use = PeerRow(server->peer, "SELECT (SELECT count(*) FROM distshard.node), "
								"(SELECT count(*) FROM distshard.distributed_table), "
								"cluster_id, group_id FROM distshard.local");
	ours = strcmp(use[2], LocalClusterId()) == 0;
	if (ours && LookupNode(atoi(use[3]), true) != NULL)
		RaiseUnsuitable(server, psprintf("It is node %s of this cluster.", use[3]), NULL);
	if (strcmp(use[1], "0") != 0)
		RaiseUnsuitable(server, psprintf("It has %s distributed tables of its own.", use[1]),
						"Use undistribute_table() on each there, or DROP EXTENSION distshard.");
	if (strcmp(use[0], "1") != 0 && !ours)
		RaiseUnsuitable(server, psprintf("It is one of %s nodes of another cluster.", use[0]),
						"Use distshard.remove_node() there, or DROP EXTENSION distshard.");
}

void
ConnectNewServer(NewServer *server)
{
	char  *reason;
	char **theirs;
	char **ours;
	int    version;

	server->peer =
		ConnectPeer(server->host, server->port, get_database_name(MyDatabaseId), &reason);
	if (server->peer == NULL)
		RaiseUnreachable(server, reason);

	version = PeerVersion(server->peer);
	if (version / 10000 != PG_VERSION_NUM / 10000)
		RaiseUnsuitable(server,
						psprintf("It runs PostgreSQL %d, and this node PostgreSQL %d.",
								 version / 10000, PG_VERSION_NUM / 10000),
						"All nodes need the same major version of PostgreSQL.");
	if (strcmp(
			PeerValue(server->peer, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"),
			"t") != 0)
		RaiseUnsuitable(server,
						psprintf("Role \"%s\" is not a superuser there.",
								 GetUserNameFromId(GetSessionUserId(), false)),
						NULL);

	theirs = PeerRow(server->peer, facts_query);
	ours = LocalFacts();
	server->identity = theirs[FACT_IDENTITY];
	if (strcmp(server->identity, ours[FACT_IDENTITY]) == 0)
		RaiseUnsuitable(server, "It is this very server.", NULL);
	CheckSettings(server, theirs, ours);
	CheckDatabase(server, theirs, ours);
	CheckMembership(server, theirs);
}

/* server_identity(host, port) tells which server this one reaches at an address. */
Datum
distshard_server_identity(PG_FUNCTION_ARGS)
{
	char *host = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int   port = PG_GETARG_INT32(1);
	char *reason;
	char *identity;
	Peer *peer;

	if (!superuser())
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("only a superuser may connect to other servers")));
	peer = ConnectPeer(host, port, get_database_name(MyDatabaseId), &reason);
	if (peer == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
				 errmsg("could not connect to server %s:%d from another node", host, port),
				 errdetail_internal("%s", reason),
				 errhint("Every node must be able to connect to every other, by the address in "
						 "distshard.node. distshard.set_node() changes the address of a node.")));
	identity = PeerValue(peer, IDENTITY_QUERY);
	ClosePeer(peer);
	PG_RETURN_TEXT_P(cstring_to_text(identity));
}

static void
CheckSameServer(Peer *from, const char *from_name, const char *host, int port, const char *identity)
{
	char *seen = PeerValue(
		from, psprintf("SELECT distshard.server_identity(%s, %d)", quote_literal_cstr(host), port));

	if (strcmp(seen, identity) != 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("%s:%d is another server when seen from %s", host, port, from_name),
						errhint("Give nodes a host name that means the same everywhere: "
								"distshard.set_node() changes that of a node.")));
}

/* A connection to a node as others reach it. */
static Peer *
ConnectToNode(const ClusterNode *node)
{
	char *reason;
	Peer *peer = ConnectPeer(node->host, node->port, get_database_name(MyDatabaseId), &reason);

	if (peer == NULL)
		ereport(ERROR, (errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
						errmsg("could not connect to node %d (%s:%d)", node->node_id, node->host,
							   node->port),
						errdetail_internal("%s", reason),
						errhint("All nodes must be up. distshard.set_node() changes the address "
								"of a node.")));
	return peer;
}

static void
CheckReachableFrom(NewServer *server, const ClusterNode *node)
{
	char *identity;
	Peer *peer;

	if (IsLoopback(node->host) && !IsLoopback(server->host))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("other hosts cannot connect to node %d", node->node_id),
				 errdetail("Its host name in distshard.node is \"%s\".", node->host),
				 errhint("Use SELECT distshard.set_node(%d, host => '...') with the name by which "
						 "%s:%d reaches it.",
						 node->node_id, server->host, server->port)));

	peer = ConnectToNode(node);
	identity = PeerValue(peer, IDENTITY_QUERY);
	if (strcmp(identity, server->identity) == 0)
		RaiseUnsuitable(server, psprintf("It is node %d of this cluster.", node->node_id), NULL);
	CheckSameServer(server->peer, psprintf("server %s:%d", server->host, server->port), node->host,
					node->port, identity);
	CheckSameServer(peer, psprintf("node %d", node->node_id), server->host, server->port,
					server->identity);
	ClosePeer(peer);
}

void
CheckReachability(NewServer *server)
{
	ListCell *lc;

	foreach (lc, AllPrimaries())
		CheckReachableFrom(server, lfirst(lc));
}

void
CheckReachableAs(const ClusterNode *node, const char *host, int port, Peer *peer)
{
	char     *identity = PeerValue(peer, IDENTITY_QUERY);
	ListCell *lc;

	foreach (lc, AllPrimaries())
	{
		ClusterNode *other = lfirst(lc);
		Peer        *from;

		if (other->node_id == node->node_id)
			continue;
		from = ConnectToNode(other);
		CheckSameServer(from, psprintf("node %d", other->node_id), host, port, identity);
		ClosePeer(from);
	}
}
