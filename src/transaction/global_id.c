/*-------------------------------------------------------------------------
 *
 * global_id.c
 *	  Names of distributed transactions.
 *
 * distshard/<group>/<installation>/<random>: by the node group that began it,
 * whoever finds it prepared knows whom to ask. The installation is the server's
 * system identifier, which its standbys share, and the table of commit records:
 * a group's number may be given out once more, to a server that knows nothing
 * of the transactions that the former one began, and must not decide them. No
 * two transactions ever have the same name, whatever was lost or restarted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/metadata.h"
#include "catalog/metadata_read.h"
#include "transaction/internal.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#define RANDOM_BYTES 16

char *
OwnIdPrefix(void)
{
	return psprintf("distshard/%d/" UINT64_FORMAT ".%u/", LocalGroupId(), GetSystemIdentifier(),
					get_relname_relid("transaction", MetadataSchema()));
}

char *
NewGlobalId(void)
{
	uint8 random[RANDOM_BYTES];
	char  hex[RANDOM_BYTES * 2 + 1];

	if (!pg_strong_random(random, sizeof(random)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	hex_encode((char *) random, sizeof(random), hex);
	hex[sizeof(hex) - 1] = '\0';
	return psprintf("%s%s", OwnIdPrefix(), hex);
}

/* InitiatingGroup returns the group that began a transaction of this name, 0 if it is none of ours. */
int32
InitiatingGroup(const char *gid)
{
	int group;
	int prefix = 0;

	if (sscanf(gid, "distshard/%d/%*[0-9.]/%n", &group, &prefix) != 1 || prefix == 0 ||
		strspn(gid + prefix, "0123456789abcdef") != RANDOM_BYTES * 2 ||
		gid[prefix + RANDOM_BYTES * 2] != '\0')
		return 0;
	return group;
}
