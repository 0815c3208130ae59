/*-------------------------------------------------------------------------
 *
 * statement.c
 *	  Which statements a connection has prepared.
 *
 * A statement is found again by its text, the types of its parameters and the
 * types of its result; the latter because a node refuses to run a prepared
 * statement whose result has changed, as it does after ALTER TABLE. It is
 * prepared when it comes for the second time. Beyond MAX_STATEMENTS the one
 * least recently used is deallocated.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "transport/internal.h"
#include "utils/memutils.h"

#define MAX_STATEMENTS 1000

typedef struct Statement
{
	dlist_node node; /* in NodeConn.recent */
	uint64     hash;
	uint32     id;
	int        len;
	char       key[FLEXIBLE_ARRAY_MEMBER]; /* text and types */
} Statement;

/* Entries of NodeConn.statements: hash of the key -> statement. */
typedef struct StatementEntry
{
	uint64     hash;
	Statement *statement;
} StatementEntry;

static uint32 last_id = 0;

void
StatementName(uint32 id, char *name)
{
	snprintf(name, NAMEDATALEN, "distshard_%u", id);
}

/* The key is made in a buffer that the next call reuses. */
static StringInfo
StatementKey(const char *sql, const RemoteParams *params, TupleDesc desc)
{
	static StringInfoData key = {0};

	if (key.data == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

		initStringInfo(&key);
		MemoryContextSwitchTo(old);
	}
	resetStringInfo(&key);
	appendBinaryStringInfo(&key, sql, strlen(sql) + 1);
	if (params)
		appendBinaryStringInfo(&key, (const char *) params->types, sizeof(Oid) * params->count);
	for (int i = 0; desc && i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		appendBinaryStringInfo(&key, (const char *) &att->atttypid, sizeof(Oid));
		appendBinaryStringInfo(&key, (const char *) &att->atttypmod, sizeof(int32));
	}
	return &key;
}

static void
RemoveStatement(NodeConn *conn, Statement *statement)
{
	hash_search(conn->statements, &statement->hash, HASH_REMOVE, NULL);
	dlist_delete(&statement->node);
	pfree(statement);
}

/* Removes it here and on the node. */
static void
DeallocateStatement(NodeConn *conn, Statement *statement)
{
	char name[NAMEDATALEN];
	char sql[NAMEDATALEN + 16];

	StatementName(statement->id, name);
	snprintf(sql, sizeof(sql), "DEALLOCATE %s", name);
	RemoveStatement(conn, statement);
	QueuePrelude(conn, sql, 0);
}

/*
 * FindStatement returns the number of the prepared statement, or 0 if it is not
 * to be prepared. If *found is false, the caller must prepare it.
 */
uint32
FindStatement(NodeConn *conn, const char *sql, const RemoteParams *params, TupleDesc desc,
			  bool *found)
{
	StringInfo      key = StatementKey(sql, params, desc);
	uint64          hash = hash_bytes_extended((const unsigned char *) key->data, key->len, 0);
	StatementEntry *entry;
	Statement      *statement;

	if (conn->statements == NULL)
	{
		HASHCTL ctl = {.keysize = sizeof(uint64), .entrysize = sizeof(StatementEntry)};

		conn->statements = hash_create("distshard statements", 128, &ctl, HASH_ELEM | HASH_BLOBS);
		conn->seen = MemoryContextAllocZero(TopMemoryContext, sizeof(SeenTexts));
	}

	entry = hash_search(conn->statements, &hash, HASH_FIND, found);
	if (*found)
	{
		statement = entry->statement;
		if (statement->len == key->len && memcmp(statement->key, key->data, key->len) == 0)
		{
			dlist_move_head(&conn->recent, &statement->node);
			return statement->id;
		}
		DeallocateStatement(conn, statement); /* another with the same hash */
		key = StatementKey(sql, params, desc);
		*found = false;
	}
	else if (!SeenBefore(conn->seen, hash))
		return 0;
	else if (hash_get_num_entries(conn->statements) >= MAX_STATEMENTS)
	{
		DeallocateStatement(conn, dlist_container(Statement, node, dlist_tail_node(&conn->recent)));
		key = StatementKey(sql, params, desc);
	}

	statement = MemoryContextAlloc(TopMemoryContext, offsetof(Statement, key) + key->len);
	statement->hash = hash;
	statement->id = ++last_id;
	statement->len = key->len;
	memcpy(statement->key, key->data, key->len);
	entry = hash_search(conn->statements, &hash, HASH_ENTER, NULL);
	entry->statement = statement;
	dlist_push_head(&conn->recent, &statement->node);
	return statement->id;
}

/* ForgetStatement is for one that the node turned out not to have, or to have in vain. */
void
ForgetStatement(NodeConn *conn, uint32 id)
{
	dlist_iter iter;

	dlist_foreach(iter, &conn->recent)
	{
		Statement *statement = dlist_container(Statement, node, iter.cur);

		if (statement->id == id)
		{
			RemoveStatement(conn, statement);
			return;
		}
	}
}

void
ForgetStatements(NodeConn *conn)
{
	while (!dlist_is_empty(&conn->recent))
		RemoveStatement(conn, dlist_container(Statement, node, dlist_head_node(&conn->recent)));
}
