/*-------------------------------------------------------------------------
 *
 * proof.c
 *	  Two nodes prove to each other that they belong to the same cluster.
 *
 * The cluster's secret is in distshard.local, which only superusers may read;
 * it is read here whoever asks, and never sent. After connecting as the
 * session's own role, the client side sends a nonce with
 * distshard.challenge(); the answer carries a nonce of the node and a MAC over
 * both nonces, which proves the node. The client side then sends
 * distshard.prove() with a MAC of its own, after which the node takes what
 * comes over the connection for fragments of its cluster. MACs also cover the
 * direction, the role, the database, the cluster and both groups, so that none
 * serves anywhere else. With its MAC it says which session it works for (session.c).
 *
 * A server that was removed knows the secret as long as nobody has had it leave.
 * So the node looks whether it lists the client. While a server comes or goes it
 * holds a lock on the client's number, for which proofs wait: once a removal is
 * committed there is no connection that was proven before, since those have been ended.
 *
 * Recovery works for no session, and proves nothing: it asks as the superuser
 * that it is. What is prepared on a server that is no node, or began there, must
 * come to an end all the same.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/metadata.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "common/cryptohash.h"
#include "common/hmac.h"
#include "common/sha2.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "port.h"
#include "storage/lmgr.h"
#include "transport/admission.h"
#include "transport/internal.h"
#include "transport/session.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/uuid.h"

#define DISTSHARD_VERSION "1.0"
#define NONCE_LEN         32

/* Columns of distshard.local. */
enum
{
	LOCAL_CLUSTER_ID = 1,
	LOCAL_SECRET,
	LOCAL_GROUP
};

typedef struct LocalIdentity
{
	pg_uuid_t cluster_id;
	bytea    *secret;
	int32     group_id;
} LocalIdentity;

/* The node side: what this backend was asked, and whether its client has answered. */
static uint8 client_nonce[NONCE_LEN];
static uint8 server_nonce[NONCE_LEN];
static bool  challenged = false;
static int32 proven_group = 0;

PG_FUNCTION_INFO_V1(distshard_challenge);
PG_FUNCTION_INFO_V1(distshard_prove);
PG_FUNCTION_INFO_V1(distshard_keep_out);

bool WorksForNoSession = false;

bool
IsClusterConnection(void)
{
	return proven_group != 0;
}

int32
ClusterConnectionGroup(void)
{
	return proven_group;
}

/* LoadIdentity reads distshard.local; the result is in the current memory context. */
static void
LoadIdentity(LocalIdentity *identity)
{
	Oid         relid = get_relname_relid("local", get_namespace_oid("distshard", false));
	Relation    rel = table_open(relid, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple   tuple = systable_getnext(scan);
	bool        isnull;
	TupleDesc   desc = RelationGetDescr(rel);

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("distshard.local is empty")));
	identity->cluster_id = *DatumGetUUIDP(heap_getattr(tuple, LOCAL_CLUSTER_ID, desc, &isnull));
	identity->secret = DatumGetByteaPCopy(heap_getattr(tuple, LOCAL_SECRET, desc, &isnull));
	identity->group_id = DatumGetInt32(heap_getattr(tuple, LOCAL_GROUP, desc, &isnull));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/* The MAC that one side sends: direction is "node" or "client". */
static void
ComputeMac(const LocalIdentity *identity, const char *direction, const uint8 *nonce_of_client,
		   const uint8 *nonce_of_node, int32 client_group, int32 node_group, uint8 *mac)
{
	StringInfoData text;
	pg_hmac_ctx   *ctx = pg_hmac_create(PG_SHA256);

	initStringInfo(&text);
	appendStringInfo(&text, "%s %d %d ", direction, client_group, node_group);
	appendBinaryStringInfo(&text, (const char *) nonce_of_client, NONCE_LEN);
	appendBinaryStringInfo(&text, (const char *) nonce_of_node, NONCE_LEN);
	appendBinaryStringInfo(&text, (const char *) identity->cluster_id.data, UUID_LEN);
	appendStringInfoString(&text, GetUserNameFromId(GetSessionUserId(), false));
	appendStringInfoChar(&text, '\0');
	appendStringInfoString(&text, get_database_name(MyDatabaseId));

	if (pg_hmac_init(ctx, (uint8 *) VARDATA_ANY(identity->secret),
					 VARSIZE_ANY_EXHDR(identity->secret)) < 0 ||
		pg_hmac_update(ctx, (uint8 *) text.data, text.len) < 0 ||
		pg_hmac_final(ctx, mac, PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute HMAC: %s", pg_hmac_error(ctx));
	pg_hmac_free(ctx);
	pfree(text.data);
}

/* Takes the same time wherever they differ. */
static bool
SameMac(const uint8 *a, const uint8 *b)
{
	uint8 difference = 0;

	for (int i = 0; i < PG_SHA256_DIGEST_LENGTH; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

static void
MakeNonce(uint8 *nonce)
{
	if (!pg_strong_random(nonce, NONCE_LEN))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
}

static bytea *
MakeBytea(const uint8 *data, int len)
{
	bytea *result = palloc(VARHDRSZ + len);

	SET_VARSIZE(result, VARHDRSZ + len);
	memcpy(VARDATA(result), data, len);
	return result;
}

/* Connections that are kept for superusers and the like. */
static int
ReservedConnections(void)
{
	static const char *const names[] = {"superuser_reserved_connections", "reserved_connections"};
	int                      result = 0;

	for (int i = 0; i < lengthof(names); i++)
	{
		const char *value = GetConfigOption(names[i], true, false);

		result += value ? atoi(value) : 0;
	}
	return result;
}

/*
 * challenge(client_nonce, client_group) answers with this node's version,
 * cluster, group, nonce and MAC, the key by which this backend may be cancelled
 * (the client got it at the start of the connection anyway, but libpq does not
 * give it away), and how many connections ordinary users can have.
 */
Datum
distshard_challenge(PG_FUNCTION_ARGS)
{
	bytea        *nonce = PG_GETARG_BYTEA_PP(0);
	int32         client_group = PG_GETARG_INT32(1);
	LocalIdentity identity;
	uint8         mac[PG_SHA256_DIGEST_LENGTH];
	TupleDesc     desc;
	Datum         values[7];
	bool          nulls[7] = {false};

	if (VARSIZE_ANY_EXHDR(nonce) != NONCE_LEN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid length of nonce")));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	LoadIdentity(&identity);
	memcpy(client_nonce, VARDATA_ANY(nonce), NONCE_LEN);
	MakeNonce(server_nonce);
	challenged = true;
	proven_group = 0;
	ComputeMac(&identity, "node", client_nonce, server_nonce, client_group, identity.group_id, mac);

	values[0] = CStringGetTextDatum(DISTSHARD_VERSION);
	values[1] = UUIDPGetDatum(&identity.cluster_id);
	values[2] = Int32GetDatum(identity.group_id);
	values[3] = PointerGetDatum(MakeBytea(server_nonce, NONCE_LEN));
	values[4] = PointerGetDatum(MakeBytea(mac, sizeof(mac)));
	values[5] = Int32GetDatum(MyCancelKey);
	values[6] = Int32GetDatum(MaxConnections - ReservedConnections());
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}

/* Of a group's membership in the cluster, as this node knows it. */
static void
LockMembership(int32 group_id, LOCKMODE mode)
{
	LockDatabaseObject(get_relname_relid("node", MetadataSchema()), group_id, 0, mode);
}

/*
 * keep_out(node_id, group_id) ends the connections of a node, and lets it have no
 * other until the transaction ends. Superuser only.
 */
Datum
distshard_keep_out(PG_FUNCTION_ARGS)
{
	LockMembership(PG_GETARG_INT32(1), AccessExclusiveLock);
	EndSessionsOf(PG_GETARG_INT32(0));
	PG_RETURN_VOID();
}

/* To be called by a backend that EndSessionsOf() finds. */
static void
CheckIsNode(int32 group_id)
{
	LockMembership(group_id, AccessShareLock);
	if (GroupPrimary(group_id, true) == NULL)
		ereport(ERROR, (errcode(ERRCODE_SQLSERVER_REJECTED_ESTABLISHMENT_OF_SQLCONNECTION),
						errmsg("node %d is not in the cluster any more", group_id),
						errhint("Run SELECT distshard.leave_cluster() on it.")));
}

/*
 * prove(mac, client_group, session_node, session_pid) makes this a connection of the
 * cluster, which works for that session; a challenge serves once.
 */
Datum
distshard_prove(PG_FUNCTION_ARGS)
{
	bytea         *mac = PG_GETARG_BYTEA_PP(0);
	int32          client_group = PG_GETARG_INT32(1);
	ClusterSession session = {PG_GETARG_INT32(2), PG_GETARG_INT32(3)};
	LocalIdentity  identity;
	uint8          expected[PG_SHA256_DIGEST_LENGTH];

	LoadIdentity(&identity);
	ComputeMac(&identity, "client", client_nonce, server_nonce, client_group, identity.group_id,
			   expected);
	if (!challenged || VARSIZE_ANY_EXHDR(mac) != sizeof(expected) ||
		!SameMac(expected, (uint8 *) VARDATA_ANY(mac)))
	{
		challenged = false;
		ereport(ERROR, (errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
						errmsg("the client did not prove to be a node of this cluster")));
	}
	challenged = false;
	ServeSession(session);
	CheckIsNode(client_group);
	proven_group = client_group;
	PG_RETURN_VOID();
}

/* One handshake of several. */
typedef struct Handshake
{
	NodeConn      *conn;
	uint8          nonce[NONCE_LEN];
	RemoteCommand *command;
} Handshake;

static RemoteCommand *
SendProofCommand(NodeConn *conn, const char *sql, const uint8 *data, int len, int32 group_id,
				 TupleDesc desc)
{
	Oid            types[2] = {BYTEAOID, INT4OID};
	Datum          values[2] = {PointerGetDatum(MakeBytea(data, len)), Int32GetDatum(group_id)};
	bool           nulls[2] = {false, false};
	RemoteCommand *command = QueueCommand(conn, sql, MakeRemoteParams(2, types, values, nulls),
										  desc, desc ? COMMAND_ROWS : 0);

	FlushCommands(conn);
	return command;
}

static void
RejectNode(NodeConn *conn, const char *detail, const char *hint)
{
	DropConn(conn);
	ereport(ERROR,
			(errcode(ERRCODE_SQLSERVER_REJECTED_ESTABLISHMENT_OF_SQLCONNECTION),
			 errmsg("node %d (%s:%d) cannot be used", conn->key.node_id, conn->host, conn->port),
			 errdetail_internal("%s", detail), hint ? errhint("%s", hint) : 0));
}

/* CheckAnswer reads the answer to a challenge and sends our own proof. */
static void
CheckAnswer(Handshake *handshake, const LocalIdentity *identity, TupleTableSlot *slot)
{
	NodeConn      *conn = handshake->conn;
	ClusterSession session = MyClusterSession();
	char          *version;
	pg_uuid_t     *cluster_id;
	int32          group_id;
	bytea         *nonce;
	bytea         *mac;
	int            capacity;
	uint8          expected[PG_SHA256_DIGEST_LENGTH];

	if (!NextRow(handshake->command, slot))
		elog(ERROR, "node %d did not answer a challenge", conn->key.node_id);
	version = TextDatumGetCString(slot->tts_values[0]);
	cluster_id = DatumGetUUIDP(slot->tts_values[1]);
	group_id = DatumGetInt32(slot->tts_values[2]);
	nonce = DatumGetByteaPP(slot->tts_values[3]);
	mac = DatumGetByteaPP(slot->tts_values[4]);
	conn->cancel_key = DatumGetInt32(slot->tts_values[5]);
	capacity = DatumGetInt32(slot->tts_values[6]);

	if (strcmp(version, DISTSHARD_VERSION) != 0)
		RejectNode(conn,
				   psprintf("It runs version %s of distshard, and this server version %s.", version,
							DISTSHARD_VERSION),
				   "Install the same version on all nodes.");
	if (memcmp(cluster_id, &identity->cluster_id, sizeof(pg_uuid_t)) != 0)
		RejectNode(conn, "It belongs to another cluster.", NULL);
	if (group_id != conn->group_id)
		RejectNode(
			conn,
			psprintf("The server there is of node group %d, not %d.", group_id, conn->group_id),
			NULL);
	if (VARSIZE_ANY_EXHDR(nonce) != NONCE_LEN || VARSIZE_ANY_EXHDR(mac) != sizeof(expected))
		RejectNode(conn, "Its answer to a challenge is malformed.", NULL);
	ComputeMac(identity, "node", handshake->nonce, (uint8 *) VARDATA_ANY(nonce), identity->group_id,
			   group_id, expected);
	if (!SameMac(expected, (uint8 *) VARDATA_ANY(mac)))
		RejectNode(conn, "It could not prove that it belongs to this cluster.", NULL);
	NoteCapacity(conn->host, conn->port, capacity);

	ComputeMac(identity, "client", handshake->nonce, (uint8 *) VARDATA_ANY(nonce),
			   identity->group_id, group_id, expected);
	FinishCommand(handshake->command);
	handshake->command = NULL;
	if (WorksForNoSession)
		return;
	handshake->command = SendProofCommand(
		conn, psprintf("SELECT distshard.prove($1, $2, %d, %d)", session.node_id, session.pid),
		expected, sizeof(expected), identity->group_id, NULL);
}

/* A node without the function has no distshard, or one that speaks differently. */
static void
CheckHasExtension(NodeConn *conn, ErrorData *error)
{
	if (error->sqlerrcode == ERRCODE_UNDEFINED_FUNCTION ||
		error->sqlerrcode == ERRCODE_UNDEFINED_SCHEMA ||
		error->sqlerrcode == ERRCODE_INVALID_SCHEMA_NAME)
		RejectNode(conn,
				   psprintf("Version %s of extension distshard is not installed in its database "
							"\"%s\".",
							DISTSHARD_VERSION, get_database_name(MyDatabaseId)),
				   NULL);
}

/* What distshard.challenge() answers. */
static TupleDesc
AnswerDesc(void)
{
	TupleDesc desc;

	desc = CreateTemplateTupleDesc(7);
	TupleDescInitEntry(desc, 1, "version", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 2, "cluster_id", UUIDOID, -1, 0);
	TupleDescInitEntry(desc, 3, "group_id", INT4OID, -1, 0);
	TupleDescInitEntry(desc, 4, "nonce", BYTEAOID, -1, 0);
	TupleDescInitEntry(desc, 5, "mac", BYTEAOID, -1, 0);
	TupleDescInitEntry(desc, 6, "cancel_key", INT4OID, -1, 0);
	TupleDescInitEntry(desc, 7, "capacity", INT4OID, -1, 0);
	return desc;
}

/* ProveConns carries out the handshake on connections just opened, in parallel. */
void
ProveConns(List *conns)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "distshard handshake", ALLOCSET_SMALL_SIZES);
	TupleDesc       desc;
	TupleTableSlot *slot;
	LocalIdentity   identity;
	Handshake      *handshakes;
	NodeConn *volatile current = NULL;
	ListCell *lc;

	MemoryContextSwitchTo(context);
	desc = AnswerDesc();
	slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	LoadIdentity(&identity);
	handshakes = palloc0(sizeof(Handshake) * list_length(conns));

	PG_TRY();
	{
		foreach (lc, conns)
		{
			Handshake *handshake = &handshakes[foreach_current_index(lc)];

			current = handshake->conn = lfirst(lc);
			MakeNonce(handshake->nonce);
			handshake->command = SendProofCommand(
				current,
				"SELECT version, cluster_id, group_id, node_nonce, mac, cancel_key, capacity "
				"FROM distshard.challenge($1, $2)",
				handshake->nonce, NONCE_LEN, identity.group_id, desc);
		}
		for (int i = 0; i < list_length(conns); i++)
		{
			current = handshakes[i].conn;
			CheckAnswer(&handshakes[i], &identity, slot);
		}
		for (int i = 0; i < list_length(conns); i++)
		{
			current = handshakes[i].conn;
			if (handshakes[i].command)
				FinishCommand(handshakes[i].command);
			current->proven = true;
		}
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		CheckHasExtension(current, error);
		ReThrowError(error);
	}
	PG_END_TRY();

	ExecDropSingleTupleTableSlot(slot);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}
