/*-------------------------------------------------------------------------
 *
 * inbox.c
 *	  Rows that nodes have sent to this one for a fragment to come.
 *
 * A fragment that joins its node's shards with rows of other nodes finds them
 * in an inbox: temporary files in a SharedFileSet, one for each node that sends,
 * since several sessions of this node write to it. Its segment of shared memory
 * is held by the session that will read, so whatever becomes of senders and
 * reader, the files go when that session lets go of it: when the last reader
 * has ended, or with the (sub)transaction, or by PostgreSQL's own cleaning up
 * after a crash. Memory is bounded by one buffer of a file.
 *
 * Rows are minimal tuples, one behind the other. Each addition opens and closes
 * the file: senders need no transaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/metadata.h"
#include "executor/inbox.h"
#include "fmgr.h"
#include "lib/ilist.h"
#include "port/atomics.h"
#include "storage/buffile.h"
#include "storage/dsm.h"
#include "storage/sharedfileset.h"
#include "transaction_end.h"
#include "transport/connection.h"
#include "utils/memutils.h"

#define INBOX_MAGIC 0x44496e62

typedef struct InboxShared
{
	uint32           magic;
	pg_atomic_uint64 rows;
	SharedFileSet    files;
} InboxShared;

struct Inbox
{
	dlist_node       node;
	int              transfer;
	dsm_segment     *segment;
	SubTransactionId subxact; /* that it will be gone with */
	int              readers;
};

struct InboxReader
{
	Inbox       *inbox;
	List        *senders; /* whose files are still to be read */
	BufFile     *file;    /* NULL: the next one is to be opened */
	MinimalTuple row;
	Size         allocated;
};

/* The session's inboxes, newest first. */
static dlist_head inboxes = DLIST_STATIC_INIT(inboxes);

static void
close_inbox(Inbox *inbox)
{
	dlist_delete(&inbox->node);
	dsm_detach(inbox->segment);
	pfree(inbox);
}

dsm_handle
OpenInbox(int transfer)
{
	Inbox       *inbox = MemoryContextAllocZero(TopMemoryContext, sizeof(Inbox));
	InboxShared *shared;

	inbox->transfer = transfer;
	inbox->subxact = GetCurrentSubTransactionId();
	inbox->segment = dsm_create(sizeof(InboxShared), 0);
	shared = dsm_segment_address(inbox->segment);
	shared->magic = INBOX_MAGIC;
	pg_atomic_init_u64(&shared->rows, 0);
	SharedFileSetInit(&shared->files, inbox->segment);
	dsm_pin_mapping(inbox->segment);
	dlist_push_head(&inboxes, &inbox->node);
	return dsm_segment_handle(inbox->segment);
}

Inbox *
FindInbox(int transfer)
{
	dlist_iter iter;

	dlist_foreach(iter, &inboxes)
	{
		Inbox *inbox = dlist_container(Inbox, node, iter.cur);

		if (inbox->transfer == transfer)
			return inbox;
	}
	return NULL;
}

static InboxShared *
shared_part(dsm_segment *segment)
{
	InboxShared *shared = dsm_segment_address(segment);

	if (shared->magic != INBOX_MAGIC)
		elog(ERROR, "shared memory segment is not an inbox");
	return shared;
}

double
InboxRows(Inbox *inbox)
{
	return pg_atomic_read_u64(&shared_part(inbox->segment)->rows);
}

static void
name_file(int32 sender, char *name)
{
	snprintf(name, MAXPGPATH, "from%d", sender);
}

static void
append_to_file(InboxShared *shared, int32 sender, const char *data, int len)
{
	char     name[MAXPGPATH];
	BufFile *file;

	name_file(sender, name);
	file = BufFileOpenFileSet(&shared->files.fs, name, O_RDWR, true);
	if (file == NULL)
		file = BufFileCreateFileSet(&shared->files.fs, name);
	else if (BufFileSeek(file, 0, 0, SEEK_END) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not seek in temporary file: %m")));
	BufFileWrite(file, unconstify(char *, data), len);
	BufFileClose(file);
}

/* False: the reader has closed its files, and only another sender keeps the segment. */
static bool
attach_files(InboxShared *shared, dsm_segment *segment)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile bool attached = true;

	PG_TRY();
	{
		SharedFileSetAttach(&shared->files, segment);
	}
	PG_CATCH();
	{
		if (geterrcode() != ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		attached = false;
	}
	PG_END_TRY();
	return attached;
}

/* If the reader has failed, the coordinator will hear of that from it, and the rows are of no use. */
void
AppendToInbox(dsm_handle handle, int32 sender, const char *data, int len, int64 rows)
{
	dsm_segment *segment = dsm_find_mapping(handle);
	bool         attach = segment == NULL;
	InboxShared *shared;

	if (attach)
		segment = dsm_attach(handle);
	if (segment == NULL)
		return;
	shared = shared_part(segment);
	if (attach && !attach_files(shared, segment))
	{
		dsm_detach(segment);
		return;
	}
	append_to_file(shared, sender, data, len);
	pg_atomic_fetch_add_u64(&shared->rows, rows);
	if (attach)
		dsm_detach(segment);
}

InboxReader *
BeginReading(Inbox *inbox)
{
	InboxReader *reader = palloc0(sizeof(InboxReader));

	reader->inbox = inbox;
	reader->allocated = 1024;
	reader->row = palloc(reader->allocated);
	inbox->readers++;
	ReadAgain(reader);
	return reader;
}

void
ReadAgain(InboxReader *reader)
{
	ListCell *lc;

	if (reader->file)
		BufFileClose(reader->file);
	reader->file = NULL;
	list_free(reader->senders);
	reader->senders = NIL;
	foreach (lc, AllPrimaries())
		reader->senders = lappend_int(reader->senders, ((ClusterNode *) lfirst(lc))->group_id);
}

/* Not all nodes have sent something. */
static bool
open_next_file(InboxReader *reader)
{
	InboxShared *shared = shared_part(reader->inbox->segment);
	char         name[MAXPGPATH];

	while (reader->file == NULL && reader->senders != NIL)
	{
		name_file(linitial_int(reader->senders), name);
		reader->file = BufFileOpenFileSet(&shared->files.fs, name, O_RDONLY, true);
		reader->senders = list_delete_first(reader->senders);
	}
	return reader->file != NULL;
}

static void
read_bytes(BufFile *file, void *to, Size len)
{
	if (BufFileRead(file, to, len) != len)
		ereport(ERROR,
				(errcode_for_file_access(), errmsg("could not read rows that were sent: %m")));
}

MinimalTuple
NextInboxRow(InboxReader *reader)
{
	uint32 len;

	for (;;)
	{
		size_t got;

		if (!open_next_file(reader))
			return NULL;
		got = BufFileRead(reader->file, &len, sizeof(len));
		if (got == sizeof(len))
			break;
		if (got != 0)
			ereport(ERROR,
					(errcode_for_file_access(), errmsg("could not read rows that were sent: %m")));
		BufFileClose(reader->file);
		reader->file = NULL;
	}
	if (len > reader->allocated)
	{
		reader->allocated = Max(len, reader->allocated * 2);
		reader->row = repalloc_huge(reader->row, reader->allocated);
	}
	reader->row->t_len = len;
	read_bytes(reader->file, (char *) reader->row + sizeof(len), len - sizeof(len));
	return reader->row;
}

void
EndReading(InboxReader *reader)
{
	if (reader->file)
		BufFileClose(reader->file);
	if (--reader->inbox->readers == 0)
		close_inbox(reader->inbox);
}

PG_FUNCTION_INFO_V1(distshard_open_inbox);
PG_FUNCTION_INFO_V1(distshard_receive_rows);

static void
check_sender(void)
{
	if (!IsClusterConnection())
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("only nodes of the cluster can send rows")));
}

/* distshard.open_inbox(transfer int) returns the handle of a new inbox of this session. */
Datum
distshard_open_inbox(PG_FUNCTION_ARGS)
{
	check_sender();
	PG_RETURN_INT64(OpenInbox(PG_GETARG_INT32(0)));
}

/* distshard.receive_rows(inbox bigint, sender int, row_count bigint, data bytea) adds rows to an inbox. */
Datum
distshard_receive_rows(PG_FUNCTION_ARGS)
{
	bytea *data = PG_GETARG_BYTEA_PP(3);

	check_sender();
	AppendToInbox((dsm_handle) PG_GETARG_INT64(0), PG_GETARG_INT32(1), VARDATA_ANY(data),
				  VARSIZE_ANY_EXHDR(data), PG_GETARG_INT64(2));
	PG_RETURN_VOID();
}

/* After an error, files may still be open: they are unlinked, and close with their resource owner. */
static void
forget_inboxes(SubTransactionId subxact)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &inboxes)
	{
		Inbox *inbox = dlist_container(Inbox, node, iter.cur);

		if (subxact == InvalidSubTransactionId || inbox->subxact == subxact)
			close_inbox(inbox);
	}
}

static void
forget_at_end(XactEvent event)
{
	forget_inboxes(InvalidSubTransactionId);
}

static void
forget_at_subxact_end(SubXactEvent event, SubTransactionId subxact, SubTransactionId parent,
					  void *arg)
{
	dlist_iter iter;

	if (event == SUBXACT_EVENT_ABORT_SUB)
		forget_inboxes(subxact);
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		dlist_foreach(iter, &inboxes)
		{
			Inbox *inbox = dlist_container(Inbox, node, iter.cur);

			if (inbox->subxact == subxact)
				inbox->subxact = parent;
		}
}

void
InitInboxes(void)
{
	CallAtEvents(AT_END, forget_at_end, NULL);
	RegisterSubXactCallback(forget_at_subxact_end, NULL);
}
