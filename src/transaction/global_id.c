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
#include "common/pg_prng.h"
#include "transaction/internal.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#define ID_START     "distshard/"
#define RANDOM_BYTES 16

char *
OwnIdPrefix(void)
{
	return psprintf(ID_START "%d/" UINT64_FORMAT ".%u/", LocalGroupId(), GetSystemIdentifier(),
					get_relname_relid("transaction", MetadataSchema()));
}

/* Strong random numbers cost as much as a statement: a session takes one, as the seed of its own sequence. */
static void
WriteRandomPart(char *hex)
{
	static pg_prng_state generator;
	static bool          seeded = false;
	uint64               random[RANDOM_BYTES / sizeof(uint64)];

	if (!seeded && !pg_prng_strong_seed(&generator))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	seeded = true;
	for (int i = 0; i < lengthof(random); i++)
		random[i] = pg_prng_uint64(&generator);
	hex_encode((char *) random, sizeof(random), hex);
}

char *
NewGlobalId(List *groups)
{
	char           hex[RANDOM_BYTES * 2 + 1] = "";
	StringInfoData gid;
	int            len;
	ListCell      *lc;

	WriteRandomPart(hex);

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
	char       *pos;
	const char *random;
	const char *rest;

	if (strncmp(gid, ID_START, strlen(ID_START)) != 0)
		return NULL;
	*group = strtol(gid + strlen(ID_START), &pos, 10);
	if (*pos++ != '/')
		return NULL;
	pos += strspn(pos, "0123456789.");
	if (*pos++ != '/')
		return NULL;
	random = pos;
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
