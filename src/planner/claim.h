/*-------------------------------------------------------------------------
 *
 * claim.h
 *	  The comment at the head of a fragment that says what its sender believes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_CLAIM_H
#define DISTSHARD_CLAIM_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"

/*
 * A claim is written as an SQL comment before the fragment's text: the word
 * distshard and then, separated by spaces, any of
 *
 *	shard=ID.GENERATION	the fragment is for this one shard
 *	placement=VERSION	the fragment is for all shards of the node
 *	as="role"			whose rights count, if not the connection's
 *	ddl					a utility command forwarded by another node
 */
typedef struct Claim
{
	int64 shard_id; /* 0: not for one shard */
	int64 generation;
	int64 placement_version; /* 0: not claimed */
	Oid   role;              /* InvalidOid: the connection's own */
	bool  forwarded_ddl;
} Claim;

extern void InitClaims(void);

/* Writes a claim. shard may be NULL; the role is written where it differs from the session's. */
extern void AppendClaim(StringInfo buf, const Shard *shard, Oid role, bool forwarded_ddl);

/*
 * CurrentClaim returns the claim at the head of the statement text, or NULL if
 * there is none, or the statement is not at top level, or the connection did
 * not prove to come from a node of the cluster. Valid until the next call.
 */
extern const Claim *CurrentClaim(const char *source_text);

/* Fragments that this node runs for itself are text with a claim too: honoured between these two. */
extern bool EnterLocalFragment(void);
extern void LeaveLocalFragment(bool previous);

#endif
