/*-------------------------------------------------------------------------
 *
 * row_sender.c
 *	  Rows of this node on their way to inboxes.
 *
 * A row sender is a DestReceiver: the rows of a query go to the nodes that hold
 * the shard of their key, or to all that want them, instead of to a client. A
 * node that runs a fragment sends straight to the others, over connections of
 * its own session. Rows are collected in a buffer for each node, and each buffer
 * is a statement in its connection's pipeline; with WINDOW of them under way,
 * the oldest is waited for, so memory is bounded. To the inbox they are bytes: a row
 * may begin in one buffer and end in another.
 *
 * Rows travel as minimal tuples. Values of types that mean something else on
 * another node travel as text in them, and none is compressed in a way that
 * another build may not know.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/hash.h"
#include "access/htup_details.h"
#include "access/toast_compression.h"
#include "catalog/metadata.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/inbox.h"
#include "executor/row_in_transit.h"
#include "executor/row_sender.h"
#include "executor/row_encoder.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "partitioning/partbounds.h"
#include "planner/claim.h"
#include "transaction/xact.h"
#include "transport/connection.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#define BUFFER_BYTES (128 * 1024)
#define WINDOW       8

/* A buffer that is on its way. */
typedef struct Parcel
{
	MemoryContext  context;
	RemoteCommand *command;
} Parcel;

typedef struct Target
{
	ClusterNode   *node;
	dsm_handle     inbox;
	StringInfoData buffer;
	int64          rows; /* that end in the buffer */
	Parcel         parcels[WINDOW];
	int            next; /* the oldest parcel, or a free place */
} Target;

typedef struct RowSender
{
	DestReceiver  pub;
	RowRoute      route;
	MemoryContext context;
	MemoryContext row_context;
	uint64        rows;
	DistTable    *table;
	FmgrInfo      hash; /* of the key; not set if the table's own serves */
	Oid           collation;
	Oid           key_type; /* InvalidOid: not known yet */
	int           ntargets;
	Target       *targets;
	Target      **by_shard; /* by index in table->shards; NULL: nobody wants the row */
	TupleDesc     desc;     /* of what travels; NULL until the first row */
	AttrNumber   *columns;
	FmgrInfo     *output; /* of columns that travel as text */
	Datum        *values;
	bool         *nulls;
} RowSender;

/* How a key of this type is hashed. */
static void
prepare_hash(RowSender *sender, Oid type)
{
	Oid base = getBaseType(type);
	Oid proc = InvalidOid;

	sender->key_type = type;
	sender->collation = sender->table->key_collation;
	if (sender->route.own_hash)
	{
		proc = lookup_type_cache(base, TYPECACHE_HASH_EXTENDED_PROC)->hash_extended_proc;
		sender->collation = C_COLLATION_OID;
	}
	else if (base != getBaseType(sender->table->key_type))
		proc = get_opfamily_proc(sender->table->hash_opfamily, base, base, HASHEXTENDED_PROC);
	if (OidIsValid(proc))
		fmgr_info_cxt(proc, &sender->hash, sender->context);
}

static void
prepare_columns(RowSender *sender, TupleDesc from)
{
	MemoryContext caller = MemoryContextSwitchTo(sender->context);
	int           natts = list_length(sender->route.columns);
	ListCell     *lc;

	sender->columns = palloc(sizeof(AttrNumber) * Max(natts, 1));
	sender->output = palloc0(sizeof(FmgrInfo) * Max(natts, 1));
	sender->values = palloc(sizeof(Datum) * Max(natts, 1));
	sender->nulls = palloc(sizeof(bool) * Max(natts, 1));
	sender->desc = CreateTemplateTupleDesc(natts);
	foreach (lc, sender->route.columns)
	{
		int  i = foreach_current_index(lc);
		Oid  type = TupleDescAttr(from, lfirst_int(lc) - 1)->atttypid;
		Oid  function;
		bool varlena;

		sender->columns[i] = lfirst_int(lc);
		TupleDescInitEntry(sender->desc, i + 1, NULL, TypeInTransit(type), -1, 0);
		if (TypeInTransit(type) == type)
			continue;
		getTypeOutputInfo(type, &function, &varlena);
		fmgr_info(function, &sender->output[i]);
	}
	if (sender->route.key)
		prepare_hash(sender, TupleDescAttr(from, sender->route.key - 1)->atttypid);
	MemoryContextSwitchTo(caller);
}

/* A value that does not need this node's files, nor its compression methods. */
static Datum
portable_value(Datum value)
{
	struct varlena *datum = (struct varlena *) DatumGetPointer(value);

	if (VARATT_IS_EXTERNAL_EXPANDED(datum))
		return value;
	if (VARATT_IS_EXTERNAL(datum) ||
		(VARATT_IS_COMPRESSED(datum) &&
		 VARDATA_COMPRESSED_GET_COMPRESS_METHOD(datum) != TOAST_PGLZ_COMPRESSION_ID))
		return PointerGetDatum(detoast_attr(datum));
	return value;
}

static MinimalTuple
form_row(RowSender *sender, TupleTableSlot *slot)
{
	for (int i = 0; i < sender->desc->natts; i++)
	{
		Datum value = slot->tts_values[sender->columns[i] - 1];

		sender->nulls[i] = slot->tts_isnull[sender->columns[i] - 1];
		if (sender->nulls[i])
			continue;
		if (OidIsValid(sender->output[i].fn_oid))
			value = CStringGetTextDatum(ExactOutput(&sender->output[i], value));
		else if (TupleDescAttr(sender->desc, i)->attlen == -1)
			value = portable_value(value);
		sender->values[i] = value;
	}
	return heap_form_minimal_tuple(sender->desc, sender->values, sender->nulls);
}

static Target *
target_of(RowSender *sender, TupleTableSlot *slot)
{
	Shard *shard = sender->table->shards;

	if (sender->route.key)
	{
		Datum value = slot->tts_values[sender->route.key - 1];
		bool  isnull = slot->tts_isnull[sender->route.key - 1];

		if (OidIsValid(sender->hash.fn_oid))
			shard = ShardForHash(sender->table,
								 HashRingPosition(compute_partition_hash_value(
									 1, &sender->hash, &sender->collation, &value, &isnull)));
		else
			shard = ShardForHash(sender->table, HashKey(sender->table, value, isnull));
	}
	return sender->by_shard[shard - sender->table->shards];
}

static void
wait_for_parcel(Parcel *parcel)
{
	if (parcel->command == NULL)
		return;
	FinishCommand(parcel->command);
	MemoryContextDelete(parcel->context);
	parcel->command = NULL;
}

/* Within a fragment this session is no coordinator: its statements elsewhere need no transaction. */
static NodeConn *
conn_to(Target *target)
{
	return InsideFragment() ? UseNode(target->node->node_id)
							: EnlistNode(target->node->node_id, REMOTE_READ);
}

static void
send_parcel(Target *target)
{
	Oid           types[] = {INT8OID, INT4OID, INT8OID, BYTEAOID};
	bool          nulls[4] = {false};
	Datum         values[4];
	Parcel       *parcel = &target->parcels[target->next];
	NodeConn     *conn = conn_to(target);
	RemoteParams *params;
	MemoryContext caller;
	MemoryContext encoding;

	wait_for_parcel(parcel);
	target->next = (target->next + 1) % WINDOW;
	parcel->context =
		AllocSetContextCreate(CurrentMemoryContext, "distshard parcel", ALLOCSET_SMALL_SIZES);
	encoding = AllocSetContextCreate(parcel->context, "distshard encoding", ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(encoding);
	values[0] = Int64GetDatum(target->inbox);
	values[1] = Int32GetDatum(LocalGroupId());
	values[2] = Int64GetDatum(target->rows);
	SET_VARSIZE(target->buffer.data, target->buffer.len);
	values[3] = PointerGetDatum(target->buffer.data);
	params = MakeRemoteParams(lengthof(values), types, values, nulls);
	MemoryContextSwitchTo(parcel->context);
	parcel->command = QueueCommand(conn, "SELECT distshard.receive_rows($1, $2, $3, $4)", params,
								   NULL, COMMAND_PREPARE);
	FlushCommands(conn);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(encoding);
}

/* The buffer begins as a bytea does. */
static void
empty_buffer(Target *target)
{
	resetStringInfo(&target->buffer);
	target->buffer.len = VARHDRSZ;
	target->rows = 0;
}

static void
flush_target(Target *target)
{
	if (target->buffer.len == VARHDRSZ)
		return;
	if (target->node->is_local)
		AppendToInbox(target->inbox, LocalGroupId(), target->buffer.data + VARHDRSZ,
					  target->buffer.len - VARHDRSZ, target->rows);
	else
		send_parcel(target);
	empty_buffer(target);
}

static void
add_row(RowSender *sender, Target *target, MinimalTuple row)
{
	const char *data = (const char *) row;
	const char *end = data + row->t_len;

	while (data < end)
	{
		int part = Min(end - data, BUFFER_BYTES - target->buffer.len);

		appendBinaryStringInfoNT(&target->buffer, data, part);
		data += part;
		target->rows += data == end;
		if (target->buffer.len == BUFFER_BYTES)
		{
			MemoryContext caller = MemoryContextSwitchTo(sender->context);

			flush_target(target);
			MemoryContextSwitchTo(caller);
		}
	}
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	RowSender    *sender = (RowSender *) self;
	MemoryContext caller;
	Target       *target = NULL;
	MinimalTuple  row;

	if (sender->desc == NULL)
		prepare_columns(sender, slot->tts_tupleDescriptor);
	slot_getallattrs(slot);
	sender->rows++;
	MemoryContextReset(sender->row_context);
	caller = MemoryContextSwitchTo(sender->row_context);
	if (sender->table)
	{
		target = target_of(sender, slot);
		if (target)
			add_row(sender, target, form_row(sender, slot));
	}
	else
	{
		row = form_row(sender, slot);
		for (int i = 0; i < sender->ntargets; i++)
			add_row(sender, &sender->targets[i], row);
	}
	MemoryContextSwitchTo(caller);
	return true;
}

static void
ignore_startup(DestReceiver *self, int operation, TupleDesc desc)
{
}

static void
ignore(DestReceiver *self)
{
}

static void
find_targets(RowSender *sender)
{
	ListCell *lc;
	ListCell *lc2;

	sender->targets = palloc0(sizeof(Target) * list_length(sender->route.nodes));
	forboth (lc, sender->route.nodes, lc2, sender->route.inboxes)
	{
		Target *target = &sender->targets[sender->ntargets++];

		target->node = LookupNode(lfirst_int(lc), false);
		target->inbox = lfirst_oid(lc2);
		initStringInfo(&target->buffer);
		empty_buffer(target);
	}
	if (sender->table == NULL)
		return;
	sender->by_shard = palloc0(sizeof(Target *) * sender->table->nshards);
	for (int i = 0; i < sender->table->nshards; i++)
	{
		for (int j = 0; j < sender->ntargets; j++)
		{
			if (sender->targets[j].node->group_id == sender->table->shards[i].group_id)
				sender->by_shard[i] = &sender->targets[j];
		}
	}
}

DestReceiver *
CreateRowSender(const RowRoute *route)
{
	RowSender *sender = palloc0(sizeof(RowSender));
	List      *others = NIL;

	sender->pub.receiveSlot = receive_row;
	sender->pub.rStartup = ignore_startup;
	sender->pub.rShutdown = ignore;
	sender->pub.rDestroy = ignore;
	sender->pub.mydest = DestNone;
	sender->route = *route;
	sender->context = CurrentMemoryContext;
	sender->row_context =
		AllocSetContextCreate(CurrentMemoryContext, "distshard moved row", ALLOCSET_SMALL_SIZES);
	if (OidIsValid(route->table))
		sender->table = LookupDistTable(route->table);
	find_targets(sender);
	for (int i = 0; i < sender->ntargets; i++)
	{
		if (!sender->targets[i].node->is_local)
			others = lappend_int(others, sender->targets[i].node->node_id);
	}
	ConnectNodes(others);
	return &sender->pub;
}

uint64
RowsSent(DestReceiver *receiver)
{
	RowSender *sender = (RowSender *) receiver;

	for (int i = 0; i < sender->ntargets; i++)
		flush_target(&sender->targets[i]);
	for (int i = 0; i < sender->ntargets; i++)
	{
		for (int j = 0; j < WINDOW; j++)
			wait_for_parcel(&sender->targets[i].parcels[j]);
	}
	return sender->rows;
}
