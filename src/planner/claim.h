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
#include "tcop/utility.h"
#include "datatype/timestamp.h"

/* The node refuses: the claim does not hold there. Refresh the metadata, try again. */
#define ERRCODE_STALE_CLAIM MAKE_SQLSTATE('D', 'S', '0', '0', '1')

/* User code that a fragment runs wanted to leave the node. */
#define ERRCODE_FORBIDDEN_IN_FRAGMENT MAKE_SQLSTATE('D', 'S', '0', '0', '2')

/*
 * A claim is written as an SQL comment before the fragment's text: the word
 * distshard and then, separated by spaces, any of
 *
 *	shard=ID.GENERATION	the fragment is for this one shard
 *	placement=VERSION	the fragment is for all shards of the node
 *	as="role"			whose rights count, if not the connection's
 *	policies="role"		whose row-level security policies apply, if not that role's
 *	part				one of several fragments of a statement (transaction/statement_part.h)
 *	newest				the same, but it sees what others have committed since the statement began
 *	snapshot			what its snapshot sees is to be told (transaction/snapshot_report.h)
 *	moves				rows may leave the node's shards; the sender takes them (executor/outbox.c)
 *	captures			what it changes is held for transition tables (executor/captured_rows.c)
 *	fired.N.N			its BEFORE row triggers have fired; it sets these columns (executor/before_row.c)
 *	quiet				another copy's fragment has told the client what this one would (executor/quiet.c)
 *	takes				the statement that takes them
 *	send=NUMBER			its rows go where distshard.open_sender() has said (executor/sent_fragment.c)
 *	depth=NUMBER		how deep in triggers the sender is (executor/trigger_call.h)
 *	ddl=TIME.TIME		a utility command forwarded by another node, where transaction
 *						and statement began at these times
 *
 * Several such comments may follow each other.
 *
 * In the role's name, characters that could end the comment or the quotes are
 * written as %XX.
 */
typedef struct Claim
{
	int64       shard_id; /* 0: not for one shard */
	int64       generation;
	int64       placement_version; /* 0: not claimed */
	Oid         role;              /* InvalidOid: the connection's own */
	Oid         policy_role;       /* InvalidOid: the same */
	bool        is_part;
	bool        newest;
	bool        tells_snapshot;
	bool        moves;
	bool        captures;
	bool        quiet;
	bool        takes_moved;
	bool        fired;
	Bitmapset  *fired_columns;
	int         send; /* 0: none */
	int         trigger_depth;
	bool        forwarded_ddl;
	TimestampTz transaction_start; /* of the node that forwards */
	TimestampTz statement_start;
} Claim;

extern void InitClaims(void);

/* claim_text.c: its text. Reading returns what is valid until the next call; the text has a claim. */
extern bool         HasClaim(const char *text);
extern const Claim *ReadClaim(const char *text);

/*
 * AppendClaim writes a claim: for the shard, or if shard is NULL for the
 * placement version that this session knows. The role is written where it
 * differs from the session's.
 */
extern void AppendClaim(StringInfo buf, const Shard *shard, Oid role, bool forwarded_ddl);

/* Would there be nothing but the shard in the claim of a statement of the current role? */
extern bool ClaimsShardOnly(void);

/* Writes a comment that says that what follows is part of a statement. */
extern void AppendPartClaim(StringInfo buf, bool newest);

/* Writes a comment that asks what its snapshot sees. */
extern void AppendSnapshotClaim(StringInfo buf);

/* Writes a comment that says that the statement may move rows out, or that it takes them. */
extern void AppendMovesClaim(StringInfo buf, bool takes);

/* Writes a comment that says that rows which the statement changes are to be held. */
extern void AppendCapturesClaim(StringInfo buf);

/* Writes a comment that says that BEFORE row triggers have fired for the rows that it changes. */
extern void AppendFiredClaim(StringInfo buf, Bitmapset *columns);

/* Writes a comment that says that the client is not to get its notices. */
extern void AppendQuietClaim(StringInfo buf);

/* Writes a comment that says that the rows are to be sent on. */
extern void AppendSendClaim(StringInfo buf, int transfer);

/* Writes a comment with the role whose policies apply. */
extern void AppendPolicyClaim(StringInfo buf, Oid role);

/*
 * claim.c: CurrentClaim returns the claim at the head of the statement text, or NULL if
 * there is none, or the statement is not at top level, or the connection did
 * not prove to come from a node of the cluster. Valid until the next call.
 */
extern const Claim *CurrentClaim(const char *source_text);

/* The same for a statement that is being executed. */
extern const Claim *RunningClaim(const char *source_text);

/* The same, also for a fragment that this node runs for itself. */
extern const Claim *FragmentClaim(const char *source_text);

/* Around each utility command, so that the claim counts for the queries in it. */
extern const char *EnterUtility(const char *source_text, ProcessUtilityContext context);
extern void        LeaveUtility(const char *previous);

/*
 * Between these two, claims count on any connection (fragments that this node
 * runs for itself are text with a claim too), and statements may name data
 * tables without one, as those that build or fill them do.
 */
extern bool EnterLocalFragment(void);
extern bool EnterShardFragment(const char  *text,
							   const Shard *shard); /* of that claim, just written */
extern void LeaveLocalFragment(bool previous);
extern bool InLocalFragment(void);

/*
 * InsideFragment says whether this backend works for another node, so that what
 * its statements name must be here: nobody may go on to a third node.
 */
extern bool InsideFragment(void);

/* The role of a claimed statement, for as long as it runs. An abort restores by itself. */
typedef struct SavedRole
{
	bool switched;
	Oid  userid;
	int  sec_context;
} SavedRole;

extern void BecomeClaimedRole(const char *source_text, SavedRole *saved);
extern void RestoreRole(const SavedRole *saved);

#endif
