/*-------------------------------------------------------------------------
 *
 * statement_part.h
 *	  Several fragments that are one statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_STATEMENT_PART_H
#define DISTSHARD_STATEMENT_PART_H

#include "postgres.h"

#include "executor/execdesc.h"
#include "transport/connection.h"
#include "nodes/execnodes.h"
#include "utils/resowner.h"
#include "utils/snapshot.h"

extern void InitStatementParts(void);

/* A statement of this session that has fragments on nodes, known by its executor's state. */
typedef struct SentStatement
{
	EState *estate;
	int     number;
	bool    shares_snapshots; /* its fragments are parts, whatever their plan says */
	bool    is_cursor;        /* it goes on after other statements */
	bool    checks_snapshots; /* its only fragment has the nodes tell theirs */
	char   *tables;           /* for a node that takes its snapshot with the first part; or NULL */
	List   *nodes;            /* of int: those that keep its snapshot, see KeepStates */

	MemoryContextCallback forget;
} SentStatement;

extern int            NewStatementNumber(void);
extern SentStatement *AddSentStatement(EState *estate, int number);
extern SentStatement *FindSentStatement(EState *estate); /* or NULL */
extern List          *SentStatements(void);              /* that are under way */

/* All tables that plans (PlannedStmt *) name, whoever is to read them: rights are checked by these lists. */
extern List *TablesOf(List *plans);

/* The statement's parts tell their node the tables of these plans. */
extern void TellTables(SentStatement *statement, List *plans);

/* Tells the node that the next command is part of the statement which the executor state runs. */
extern void QueueStatementPart(NodeConn *conn, EState *estate);

/*
 * Has a node take the statement's snapshot, in its transaction, after the awaited
 * ones have ended (of uint64 *), and what is in doubt and has changed one of the
 * tables (of this node's Oids). The first column of its row is the report, or NULL.
 * With hold, the node holds its commits from before that on (hold_commits.h).
 */
extern RemoteCommand *QueueTakeSnapshot(NodeConn *conn, int number, List *awaited, List *tables,
										bool hold);

/* A copy that stays as it is, whatever commands follow. Registered with the owner. */
extern Snapshot CopyOfSnapshot(Snapshot snapshot, CommandId command, ResourceOwner owner);

/*
 * Before a node changes rows: statements under way that may read there later have it
 * keep what they are to see, but for the whole one, of which nothing can come after
 * this (NULL: there is none).
 */
extern void KeepStates(NodeConn *conn, EState *whole);

/* The node keeps a snapshot for the statement, or gets one now. It is of use if nothing has been changed before. */
extern void NoteStateKept(SentStatement *statement, NodeConn *conn);
extern bool IsStateKept(const SentStatement *statement, NodeConn *conn);

/* A cursor has been opened, of whatever tables. It reads later, when the cursor is fetched from. */
extern void NoteOpenCursor(QueryDesc *query);

/*
 * What reads with the executor state's snapshot must not see all that the node has
 * changed: then it is a part of the statement that is returned. Else NULL.
 */
extern SentStatement *EarlierState(NodeConn *conn, EState *estate);

/* On a node: tells who sent the fragment what its snapshot sees (tell_snapshot.c). */
extern void TellSnapshot(const QueryDesc *query);

/*
 * Before a part is started, and after: gives it the statement's snapshot and
 * command. With newest, it sees what others have committed since, but still
 * nothing of what its own statement did.
 */
extern void JoinStatement(QueryDesc *part, bool here, bool newest);
extern void StatementJoined(QueryDesc *part);

/*
 * On a node, before a part joins: the snapshot that parts of the statement have, and when it was taken; NULL if
 * the part is the first, whose own it will be. Was what was in doubt about all tables of the statement awaited then?
 */
extern Snapshot SnapshotOfParts(int64 *taken_at, bool *awaited);

/* The first part does so. Returns whether it needs a newer snapshot then. */
extern bool AwaitDoubtsOfParts(Snapshot snapshot, int64 at);

#endif
