/*-------------------------------------------------------------------------
 *
 * global_id.c
 *	  Names of distributed transactions.
 *
 * distshard/<group>/<installation>/<random>/<groups>: by the node group that
 * began it, whoever finds it prepared knows whom to ask. The installation is the server's
 * system identifier, which its standbys share, and the table of commit records:
 * a group's number may be given out once more, to a server that knows nothing
 * of the transactions that the former one began, and must not decide them. No
 * two transactions ever have the same name, whatever was lost or restarted. The
 * groups at the end are those that have a part in it, or none if they are too
 * many for a name.
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
NewGlobalId(List *groups)
{
	uint8          random[RANDOM_BYTES];
	char           hex[RANDOM_BYTES * 2 + 1];
	StringInfoData gid;
	int            len;
	ListCell      *lc;

	if (!pg_strong_random(random, sizeof(random)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	hex_encode((char *) random, sizeof(random), hex);
	hex[sizeof(hex) - 1] = '\0';

	initStringInfo(&gid);
	appendStringInfo(&gid, "%s%s", OwnIdPrefix(), hex);
	len = gid.len;
	foreach (lc, groups)
		appendStringInfo(&gid, "%s%d", lc == list_head(groups) ? "/" : ",", lfirst_int(lc));
	if (gid.len >= GIDSIZE)
		gid.data[len] = '\0';
	return gid.data;
}

/* The random part of one of our names, or NULL if it is none. */
static const char *
RandomPart(const char *gid, int *group)
{
	int         prefix = 0;
	const char *random;
	const char *rest;

	if (sscanf(gid, "distshard/%d/%*[0-9.]/%n", group, &prefix) != 1 || prefix == 0)
		return NULL;
	random = gid + prefix;
	rest = random + RANDOM_BYTES * 2;
	if (strspn(random, "0123456789abcdef") != RANDOM_BYTES * 2 || (*rest != '\0' && *rest != '/') ||
		strspn(rest, "/,0123456789") != strlen(rest))
		return NULL;
	return random;
}

/* InitiatingGroup returns the group that began a transaction of this name, 0 if it is none of ours. */
int32
InitiatingGroup(const char *gid)
{
	int group;

	return RandomPart(gid, &group) ? group : 0;
}

/* The first half of the random part: enough to tell apart those that are under way. */
uint64
GlobalIdNumber(const char *gid)
{
	int   group;
	char  digits[RANDOM_BYTES + 1];
	char *end;

	strlcpy(digits, RandomPart(gid, &group), sizeof(digits));
	return strtou64(digits, &end, 16);
}

/* The groups that take part, as text; empty if any may. */
const char *
GlobalIdGroups(const char *gid)
{
	int         group;
	const char *rest = RandomPart(gid, &group) + RANDOM_BYTES * 2;

	return *rest == '/' ? rest + 1 : rest;
}
