/*-------------------------------------------------------------------------
 *
 * partitions.c
 *	  The partitions of a user's table.
 *
 * Locks are taken in PostgreSQL's order, on partitions only; the caller sees to
 * that on the table itself.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/partitions.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "utils/lsyscache.h"

List *
PartitionTree(Oid relid, LOCKMODE mode)
{
	if (get_rel_relkind(relid) != RELKIND_PARTITIONED_TABLE)
		return list_make1_oid(relid);
	return find_all_inheritors(relid, mode, NULL);
}
