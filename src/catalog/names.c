/*-------------------------------------------------------------------------
 *
 * names.c
 *	  The names of data tables and shards, turned back into the user's own.
 *
 * A data table is called like the user's table, in a schema of its own:
 * distshard_public.orders. What belongs to one shard has #<shard id> after the
 * name of the data table: orders#12, orders#12_pkey; the shard of a user's
 * index is <index>#12. So both can be undone on the text alone, which matters
 * because an error is no moment to read catalogs.
 *
 * In texts, only what PostgreSQL's messages call a relation, constraint and so
 * on is changed: data of users in a message stays as it is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/names.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "commands/tablecmds.h"
#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#define SCHEMA_PREFIX "distshard_"

/* The words that stand before a quoted name in PostgreSQL's messages. */
static const char *const KindWords[] = {"relation ",  "table ",   "index ",  "constraint ",
										"partition ", "trigger ", "schema ", "column "};

/* Returns the length of a shard's mark, #<digits>, at the start of the text, or 0. */
static int
ShardMarkLength(const char *text)
{
	int length = 0;

	if (text[0] == '#')
		length = strspn(text + 1, "0123456789");
	return length > 0 ? length + 1 : 0;
}

/* Appends a name of at most length bytes as the user knows it. */
static void
AppendUserName(StringInfo buf, const char *name, int length)
{
	const char *end = name + length;

	if (length > strlen(SCHEMA_PREFIX) && strncmp(name, SCHEMA_PREFIX, strlen(SCHEMA_PREFIX)) == 0)
		name += strlen(SCHEMA_PREFIX);
	while (name < end)
	{
		int mark = ShardMarkLength(name);

		if (mark > 0)
			name += mark;
		else
			appendStringInfoChar(buf, *name++);
	}
}

static char *
UserName(const char *name)
{
	StringInfoData buf;

	if (name == NULL)
		return NULL;
	initStringInfo(&buf);
	AppendUserName(&buf, name, strlen(name));
	return buf.data;
}

/* Does one of the kind words end right before position? */
static bool
FollowsKindWord(const char *text, const char *position)
{
	for (int i = 0; i < lengthof(KindWords); i++)
	{
		size_t length = strlen(KindWords[i]);

		if (position - text >= length && strncmp(position - length, KindWords[i], length) == 0)
			return true;
	}
	return false;
}

/* Changes the quoted names after kind words, and unquoted qualified names (table distshard_public.orders). */
static char *
UserText(const char *text)
{
	StringInfoData buf;
	const char    *p = text;

	if (text == NULL)
		return NULL;
	initStringInfo(&buf);
	while (*p)
	{
		if (!FollowsKindWord(text, p))
			appendStringInfoChar(&buf, *p++);
		else if (*p == '"')
		{
			size_t length = strcspn(p + 1, "\"");

			appendStringInfoChar(&buf, '"');
			AppendUserName(&buf, p + 1, length);
			p += 1 + length;
			if (*p == '"')
				appendStringInfoChar(&buf, *p++);
		}
		else
		{
			size_t length = strcspn(p, " ,;");

			AppendUserName(&buf, p, length);
			p += length;
			if (*p)
				appendStringInfoChar(&buf, *p++);
		}
	}
	return buf.data;
}

void
UseUserNames(ErrorData *edata)
{
	edata->schema_name = UserName(edata->schema_name);
	edata->table_name = UserName(edata->table_name);
	edata->constraint_name = UserName(edata->constraint_name);
	edata->message = UserText(edata->message);
	edata->detail = UserText(edata->detail);
	edata->hint = UserText(edata->hint);
}

void
RethrowWithUserNames(void)
{
	ErrorData *edata;

	MemoryContextSwitchTo(CurTransactionContext ? CurTransactionContext : TopMemoryContext);
	edata = CopyErrorData();
	FlushErrorState();
	UseUserNames(edata);
	ReThrowError(edata);
}

/*
 * ShardObjectName returns name with the mark of the shard, which is taken from
 * the name of the shard's relation. Cut names stay unlike those of others.
 */
char *
ShardObjectName(const char *name, Oid shard)
{
	const char *mark = strrchr(get_rel_name(shard), '#');
	int         room = NAMEDATALEN - 1 - (int) strlen(mark);
	int         length = strlen(name);

	if (length <= room)
		return psprintf("%s%s", name, mark);
	return psprintf("%.*s_%08x%s", pg_mbcliplen(name, length, room - 9), name,
					hash_bytes((const unsigned char *) name, length), mark);
}

static void
NameShardIndexes(Oid shard)
{
	Relation  rel = table_open(shard, AccessShareLock);
	ListCell *lc;

	foreach (lc, RelationGetIndexList(rel))
	{
		Oid   index = lfirst_oid(lc);
		char *name;

		if (!get_rel_relispartition(index))
			continue;
		name = ShardObjectName(get_rel_name(get_partition_parent(index, true)), shard);
		if (strcmp(name, get_rel_name(index)) == 0 ||
			OidIsValid(get_relname_relid(name, RelationGetNamespace(rel))))
			continue;
		RenameRelationInternal(index, name, true, true);
		CommandCounterIncrement();
	}
	table_close(rel, NoLock);
}

/*
 * A shard's part of a foreign key is called like the data table's own. That to
 * a shard of the referenced table, of which the data table has several, gets
 * that shard's mark.
 */
static void
NameShardForeignKeys(Oid relid)
{
	Relation    constraints = table_open(ConstraintRelationId, RowExclusiveLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple   tuple;

	ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(constraints, ConstraintRelidTypidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint constraint = (Form_pg_constraint) GETSTRUCT(tuple);
		char              *name;
		Form_pg_constraint parent;
		HeapTuple          parent_tuple;

		if (constraint->contype != CONSTRAINT_FOREIGN || !OidIsValid(constraint->conparentid))
			continue;
		parent_tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint->conparentid));
		if (!HeapTupleIsValid(parent_tuple))
			continue;
		parent = (Form_pg_constraint) GETSTRUCT(parent_tuple);
		name = pstrdup(NameStr(parent->conname));
		if (parent->conrelid == constraint->conrelid)
			name = ShardObjectName(name, constraint->confrelid);
		ReleaseSysCache(parent_tuple);
		if (strcmp(name, NameStr(constraint->conname)) != 0 &&
			!OidIsValid(get_relation_constraint_oid(relid, name, true)))
			RenameConstraintById(constraint->oid, name);
	}
	systable_endscan(scan);
	table_close(constraints, RowExclusiveLock);
	CommandCounterIncrement();
}

void
NameShardObjects(Oid data_relid)
{
	ListCell *lc;

	if (get_rel_relkind(data_relid) != RELKIND_PARTITIONED_TABLE)
		return;
	NameShardForeignKeys(data_relid);
	foreach (lc, find_all_inheritors(data_relid, NoLock, NULL))
	{
		if (get_rel_relkind(lfirst_oid(lc)) != RELKIND_RELATION)
			continue;
		NameShardIndexes(lfirst_oid(lc));
		NameShardForeignKeys(lfirst_oid(lc));
	}
}
