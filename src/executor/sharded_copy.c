/*-------------------------------------------------------------------------
 *
 * sharded_copy.c
 *	  Rows on their way to the shards of a table, as streams of COPY.
 *
 * Each row, already in the bytes of a COPY format, goes to the node that holds
 * its shard: one COPY FROM STDIN on the data table per node. Rows are collected by shard first,
 * and sent when a shard's buffer is full: COPY into a partitioned table is several times as fast if
 * rows of one partition come together. With the first buffer that is sent, streams are begun to all nodes
 * for which there are rows by then, together, so that they are waited for together.
 *
 * Rows for this node's own shards go through PostgreSQL's CopyFrom in process,
 * as one statement: CopyFrom asks our callback for data, and the callback reads
 * the source, sending on what is for others, until a buffer of this node is
 * full. So all of the input is one statement on every node, which is what
 * foreign keys between its rows need.
 *
 * A reference table's rows go to every node. Its streams are begun up front, that to the
 * first node before the others, this one included: beginning takes the lock that keeps
 * the copies alike, and who has the first node's does not meet another writer at the others.
 *
 * A node that rejects a row names the line of its own stream: in the error's
 * context that is put back into the user's line (line_map.c). After an error
 * the streams are left to the abort of the transaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "commands/copyfrom_internal.h"
#include "commands/progress.h"
#include "executor/copy_command.h"
#include "executor/copy_context.h"
#include "executor/copy_lock.h"
#include "executor/held_triggers.h"
#include "executor/progress.h"
#include "executor/sent_rows.h"
#include "executor/sharded_copy.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parse_relation.h"
#include "pgstat.h"
#include "planner/after_row.h"
#include "storage/lmgr.h"
#include "transaction/start_time.h"
#include "transaction/statement_part.h"
#include "transaction/xact.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* What buffers of all shards may take together, and one at least and at most. */
#define ALL_BUFFERS_BYTES (16 * 1024 * 1024)
#define MIN_BUFFER_BYTES  (4 * 1024)
#define MAX_BUFFER_BYTES  (32 * 1024)

/* What every binary stream begins with: signature, flags, no extension; and its end. */
static const char BinaryHeader[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";
#define BINARY_HEADER_BYTES 19
static const char BinaryTrailer[] = "\377\377";
#define BINARY_TRAILER_BYTES 2

/* The COPY on another node. */
typedef struct NodeStream
{
	int32     node_id;
	NodeConn *conn; /* NULL until begun */
	uint64    rows; /* for it alone */
	LineMap   lines;
} NodeStream;

/* Rows on their way to a shard. */
typedef struct ShardBuffer
{
	NodeStream    *stream; /* NULL: to this node */
	StringInfoData bytes;
	int            nrows;
	int            allocated;
	CopyRow       *rows; /* their data is not set */
} ShardBuffer;

typedef struct ShardedCopy
{
	DistTable        *table;
	const CopyFormat *format;
	CopyRowSource     source;
	void             *source_arg;
	MemoryContext     context;
	char             *command;        /* for the nodes */
	char             *context_prefix; /* "COPY table, ": what errors of it have in their context */
	bool              fires;          /* triggers BEFORE rows, which may fire on the nodes */
	bool              with_lines;     /* have rows line numbers? */
	uint64            rows;
	uint64            local_rows; /* for this node, or for all */
	EState           *statement;  /* NULL: there are no triggers */
	SentRows         *sent;       /* for EXPLAIN ANALYZE, or NULL */
	instr_time        started;

	int          nstreams;
	NodeStream  *streams;    /* by node_id; all but this node */
	NodeStream  *talking_to; /* the node whose error an error would be */
	ShardBuffer *buffers;    /* by index in table->shards */
	int          buffer_limit;
	bool         ended;     /* have all streams been? */
	int          next_rest; /* of buffers, once the source has ended; before, -1 */

	/* This node's rows. */
	CopyFromState         local; /* NULL until begun */
	bool                  local_started;
	bool                  in_local;  /* is CopyFrom at work, not its data source? */
	ShardBuffer          *taking;    /* the buffer that CopyFrom is being given, or NULL */
	int                   next_row;  /* of that buffer */
	int                   row_taken; /* bytes of it that CopyFrom has */
	int                   next_byte; /* of that buffer */
	ErrorContextCallback *callers_context;

	List *held; /* see AddHeldTriggers */
} ShardedCopy;

/* CopyFrom gives its callback no argument. */
static ShardedCopy *CurrentCopy = NULL;

static NodeStream *
StreamOfGroup(ShardedCopy *copy, int32 group_id)
{
	int32 node_id;

	if (group_id == LocalGroupId())
		return NULL;
	node_id = GroupPrimary(group_id, false)->node_id;
	for (int i = 0; i < copy->nstreams; i++)
	{
		if (copy->streams[i].node_id == node_id)
			return &copy->streams[i];
	}
	elog(ERROR, "node %d is not a primary", node_id);
}

static void
PrepareBuffers(ShardedCopy *copy)
{
	int       nshards = copy->table->nshards;
	List     *primaries = AllPrimaries();
	ListCell *lc;

	copy->streams = palloc0(list_length(primaries) * sizeof(NodeStream));
	foreach (lc, primaries)
	{
		ClusterNode *node = lfirst(lc);

		if (!node->is_local)
			copy->streams[copy->nstreams++].node_id = node->node_id;
	}
	copy->buffers = palloc0(nshards * sizeof(ShardBuffer));
	for (int i = 0; i < nshards && copy->table->method != DIST_REFERENCE; i++)
		copy->buffers[i].stream = StreamOfGroup(copy, copy->table->shards[i].group_id);
	copy->buffer_limit = Max(MIN_BUFFER_BYTES, Min(MAX_BUFFER_BYTES, ALL_BUFFERS_BYTES / nshards));
	copy->next_rest = -1;
}

static void
Send(ShardedCopy *copy, NodeStream *stream, const char *data, int len)
{
	copy->talking_to = stream;
	CopyInData(stream->conn, data, len);
	copy->talking_to = NULL;
}

/* Each step is waited for on all nodes together: that the transactions have begun, then the COPYs. */
static void
BeginStreams(ShardedCopy *copy, List *streams)
{
	List     *node_ids = NIL;
	ListCell *lc;

	foreach (lc, streams)
		node_ids = lappend_int(node_ids, ((NodeStream *) lfirst(lc))->node_id);
	if (list_length(node_ids) > 1)
		ConnectNodes(node_ids);
	foreach (lc, streams)
	{
		NodeStream *stream = copy->talking_to = lfirst(lc);

		stream->conn = EnlistNode(stream->node_id, REMOTE_WRITE);
		QueueStartTime(stream->conn, copy->table->relid, copy->fires);
		KeepStates(stream->conn, NULL);
		FlushCommands(stream->conn);
	}
	foreach (lc, streams)
		DrainConn((copy->talking_to = lfirst(lc))->conn);
	foreach (lc, streams)
		SendCopyBegin((copy->talking_to = lfirst(lc))->conn, copy->command);
	foreach (lc, streams)
	{
		NodeStream *stream = copy->talking_to = lfirst(lc);

		BeginCopyIn(stream->conn);
		InitLineMap(&stream->lines);
		if (copy->format->binary)
			CopyInData(stream->conn, BinaryHeader, BINARY_HEADER_BYTES);
	}
	copy->talking_to = NULL;
}

/* Begins those that have rows and were not begun yet. */
static void
BeginStreamsWithRows(ShardedCopy *copy)
{
	List *streams = NIL;

	for (int i = 0; i < copy->nstreams; i++)
	{
		if (copy->streams[i].rows > 0 && copy->streams[i].conn == NULL)
			streams = lappend(streams, &copy->streams[i]);
	}
	BeginStreams(copy, streams);
}

static void
SendRows(ShardedCopy *copy, NodeStream *stream, const ShardBuffer *buffer)
{
	if (stream->conn == NULL)
		BeginStreamsWithRows(copy);
	for (int i = 0; i < buffer->nrows && copy->with_lines; i++)
	{
		const CopyRow *row = &buffer->rows[i];

		AddToLineMap(&stream->lines,
					 1 + CountedNewlines(row->newlines, buffer->bytes.data, row->len,
										 stream->lines.last_stream == 0),
					 row->lineno);
	}
	Send(copy, stream, buffer->bytes.data, buffer->bytes.len);
}

static void
AddRow(ShardedCopy *copy, ShardBuffer *buffer, const CopyRow *row)
{
	MemoryContext caller = MemoryContextSwitchTo(copy->context);

	if (buffer->bytes.data == NULL)
		initStringInfo(&buffer->bytes);
	if (buffer->nrows == buffer->allocated)
	{
		buffer->allocated = Max(16, buffer->allocated * 2);
		buffer->rows = buffer->rows == NULL
						   ? palloc(buffer->allocated * sizeof(CopyRow))
						   : repalloc(buffer->rows, buffer->allocated * sizeof(CopyRow));
	}
	buffer->rows[buffer->nrows++] = *row;
	if (buffer->stream)
		buffer->stream->rows++;
	else
		copy->local_rows++;
	appendBinaryStringInfoNT(&buffer->bytes, row->data, row->len);
	MemoryContextSwitchTo(caller);
}

/* A buffer that is not kept at its full size, as a huge row may have made it. */
static void
EmptyBuffer(ShardedCopy *copy, ShardBuffer *buffer)
{
	buffer->nrows = 0;
	buffer->bytes.len = 0;
	if (buffer->bytes.maxlen > 4 * copy->buffer_limit)
	{
		pfree(buffer->bytes.data);
		buffer->bytes.data = NULL;
	}
}

/* Sends a buffer to the nodes that it is for. Returns whether this node is one of them. */
static bool
SendBuffer(ShardedCopy *copy, ShardBuffer *buffer)
{
	if (copy->table->method == DIST_REFERENCE)
	{
		for (int i = 0; i < copy->nstreams; i++)
			SendRows(copy, &copy->streams[i], buffer);
		return true;
	}
	if (buffer->stream == NULL)
		return true;
	SendRows(copy, buffer->stream, buffer);
	EmptyBuffer(copy, buffer);
	return false;
}

/* Ends the streams on all nodes at once, since checking foreign keys may take them long. */
static void
EndStreams(ShardedCopy *copy)
{
	for (int i = 0; i < copy->nstreams; i++)
	{
		NodeStream *stream = &copy->streams[i];

		if (stream->conn == NULL)
			continue;
		if (copy->format->binary)
			Send(copy, stream, BinaryTrailer, BINARY_TRAILER_BYTES);
		copy->talking_to = stream;
		SendCopyEnd(stream->conn);
	}
	for (int i = 0; i < copy->nstreams; i++)
	{
		NodeStream *stream = &copy->streams[i];

		if (stream->conn == NULL)
			continue;
		copy->talking_to = stream;
		EndCopyIn(stream->conn);
		copy->held = AddHeldTriggers(copy->held, stream->node_id, HeldTriggersOfCopy(stream->conn));
		NoteCopy(copy->sent, stream->node_id,
				 copy->table->method == DIST_REFERENCE ? copy->rows : stream->rows, copy->started);
	}
	copy->talking_to = NULL;
}

/*
 * Reads rows, and sends buffers that are full, until one for this node is, which
 * is returned. Returns NULL at the end of the source.
 */
static ShardBuffer *
ReadToFullBuffer(ShardedCopy *copy)
{
	CopyRow row;

	while (copy->source(copy->source_arg, &row))
	{
		ShardBuffer *buffer = copy->buffers;

		CHECK_FOR_INTERRUPTS();
		if (copy->table->method == DIST_HASH)
			buffer += ShardForHash(copy->table, row.position) - copy->table->shards;
		AddRow(copy, buffer, &row);
		copy->with_lines = row.lineno != 0;
		if ((++copy->rows & 1023) == 0)
			ShowRows(copy->rows);
		if (buffer->bytes.len >= copy->buffer_limit && SendBuffer(copy, buffer))
			return buffer;
	}
	return NULL;
}

/*
 * Returns the next buffer that is for this node, or NULL when all rows are
 * sent, and all streams ended.
 */
static ShardBuffer *
NextLocalBuffer(ShardedCopy *copy)
{
	if (copy->next_rest < 0)
	{
		ShardBuffer *buffer = ReadToFullBuffer(copy);

		if (buffer != NULL)
			return buffer;
		copy->next_rest = 0;
	}
	while (copy->next_rest < copy->table->nshards)
	{
		ShardBuffer *buffer = &copy->buffers[copy->next_rest++];

		if (buffer->nrows > 0 && SendBuffer(copy, buffer))
			return buffer;
	}
	if (!copy->ended)
		EndStreams(copy);
	copy->ended = true;
	return NULL;
}

/* Sees to it that there are bytes of a row to be taken. Returns false if there are no more. */
static bool
MoveToLocalRow(ShardedCopy *copy)
{
	ShardBuffer *buffer = copy->taking;

	if (buffer != NULL && copy->row_taken == buffer->rows[copy->next_row].len)
	{
		copy->row_taken = 0;
		if (++copy->next_row == buffer->nrows)
		{
			EmptyBuffer(copy, buffer);
			buffer = NULL;
		}
	}
	if (buffer == NULL)
	{
		buffer = copy->taking = NextLocalBuffer(copy);
		copy->next_row = 0;
		copy->next_byte = 0;
	}
	return buffer != NULL;
}

/*
 * Puts rows of this node into buf, which has room for size bytes: at least one
 * byte unless at the end. The rows of one call are consecutive lines of the
 * user's input; *first_line becomes the first one's number, or 0 if that was
 * told before.
 */
static int
TakeLocalRows(ShardedCopy *copy, char *buf, int size, uint64 *first_line)
{
	int    taken = 0;
	uint64 next_line = 0;

	*first_line = 0;
	while (taken < size && MoveToLocalRow(copy))
	{
		ShardBuffer   *buffer = copy->taking;
		const CopyRow *row = &buffer->rows[copy->next_row];
		const char    *data = buffer->bytes.data + copy->next_byte;
		int            bytes = Min(size - taken, row->len - copy->row_taken);

		if (copy->row_taken == 0 && copy->with_lines)
		{
			uint64 line =
				row->lineno - CountedNewlines(row->newlines, data, row->len, !copy->local_started);

			if (taken == 0)
				*first_line = line;
			else if (line != next_line)
				break;
			next_line = row->lineno + 1;
		}
		copy->local_started = true;
		memcpy(buf + taken, data, bytes);
		taken += bytes;
		copy->row_taken += bytes;
		copy->next_byte += bytes;
	}
	return taken;
}

/*
 * The data source of this node's CopyFrom. It keeps CopyFrom's count of lines
 * that of the user's input, and what it shows as progress that of the user's
 * COPY.
 */
static int
LocalData(void *outbuf, int minread, int maxread)
{
	ShardedCopy          *copy = CurrentCopy;
	ErrorContextCallback *inner_context = error_context_stack;
	MemoryContext         inner_memory = CurrentMemoryContext;
	uint64                first_line;
	int                   bytes;

	if (copy->local == NULL)
	{
		/* BeginCopyFrom reads the header of a binary stream. */
		Assert(maxread >= BINARY_HEADER_BYTES);
		memcpy(outbuf, BinaryHeader, BINARY_HEADER_BYTES);
		return BINARY_HEADER_BYTES;
	}

	/* What goes wrong in here is not about the line that CopyFrom is at. */
	error_context_stack = copy->callers_context;
	MemoryContextSwitchTo(copy->context);
	copy->in_local = false;
	bytes = TakeLocalRows(copy, outbuf, maxread, &first_line);
	copy->in_local = true;
	MemoryContextSwitchTo(inner_memory);
	error_context_stack = inner_context;

	if (first_line != 0)
		copy->local->cur_lineno = first_line;
	copy->local->bytes_processed =
		MyBEEntry->st_progress_param[PROGRESS_COPY_BYTES_PROCESSED] - bytes;
	return bytes;
}

static void
RunLocalCopy(void *arg)
{
	(void) CopyFrom(arg);
}

/* Copies the rows of this node, of which the first is there, and thereby all rows. */
static void
CopyLocalRows(ShardedCopy *copy)
{
	Relation        data = table_open(copy->table->data_relid, RowExclusiveLock);
	ParseState     *pstate = make_parsestate(NULL);
	PgBackendStatus progress = *MyBEEntry;

	(void) addRangeTableEntryForRelation(pstate, data, RowExclusiveLock, NULL, false, false);
	CurrentCopy = copy;
	copy->local = BeginCopyFrom(pstate, data, NULL, NULL, false, LocalData, copy->format->columns,
								copy->format->options);
	RestoreProgress(&progress);
	copy->in_local = true;
	HoldTriggers(copy->statement != NULL, copy->statement, RunLocalCopy, copy->local);
	copy->in_local = false;
	progress = *MyBEEntry;
	NoteCopy(copy->sent, GroupPrimary(LocalGroupId(), false)->node_id, copy->local_rows,
			 copy->started);
	EndCopyFrom(copy->local);
	RestoreProgress(&progress);
	table_close(data, NoLock);
}

/* Takes the locks of a reference table's copies, that of the first node before the others. */
static void
BeginReferenceStreams(ShardedCopy *copy)
{
	bool  first_is_here = ((ClusterNode *) linitial(AllPrimaries()))->is_local;
	List *others = NIL;

	for (int i = 0; i < copy->nstreams; i++)
	{
		if (i == 0 && !first_is_here)
			BeginStreams(copy, list_make1(&copy->streams[i]));
		else
			others = lappend(others, &copy->streams[i]);
	}
	LockLocalCopy(copy->table);
	BeginStreams(copy, others);
}

/* To be called in PG_CATCH. */
static void
RethrowWithUsersLine(ShardedCopy *copy)
{
	ErrorData *error;

	if (copy->talking_to == NULL && !copy->in_local)
		PG_RE_THROW();
	MemoryContextSwitchTo(copy->context);
	error = CopyErrorData();
	FlushErrorState();
	error->context =
		UsersContext(error->context, copy->context_prefix, copy->format,
					 copy->talking_to ? &copy->talking_to->lines : NULL, copy->with_lines);
	if (copy->in_local)
		UseLogicalNames(error);
	ReThrowError(error);
}

static void
RunCopy(ShardedCopy *copy)
{
	ShardedCopy *outer = CurrentCopy;

	PG_TRY();
	{
		PrepareBuffers(copy);
		if (copy->table->method == DIST_REFERENCE)
			BeginReferenceStreams(copy);
		copy->taking = NextLocalBuffer(copy);
		if (copy->taking != NULL)
			CopyLocalRows(copy);
	}
	PG_CATCH();
	{
		CurrentCopy = outer;
		RethrowWithUsersLine(copy);
	}
	PG_END_TRY();
	CurrentCopy = outer;
}

/*
 * CopyRowsToShards writes all rows of the source into a distributed table,
 * and returns how many there were.
 */
uint64
CopyRowsToShards(DistTable *table, const CopyFormat *format, CopyRowSource source, void *arg,
				 EState *statement, SentRows *sent)
{
	ShardedCopy   copy = {.table = table, .format = format, .source = source, .source_arg = arg};
	MemoryContext caller;

	copy.context =
		AllocSetContextCreate(CurrentMemoryContext, "distshard copy", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(copy.context);
	copy.callers_context = error_context_stack;
	copy.context_prefix = psprintf("COPY %s, ", get_rel_name(table->data_relid));
	copy.command = CopyCommandOnNodes(table, format);
	copy.fires = InsertFiresBeforeRow(table->relid);
	copy.statement = statement;
	copy.sent = sent;
	INSTR_TIME_SET_CURRENT(copy.started);
	RunCopy(&copy);
	TakeHeldTriggers(statement, copy.held);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(copy.context);
	return copy.rows;
}
