/*-------------------------------------------------------------------------
 *
 * internal.h
 *	  What the files of this folder share; not for other modules.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_TRANSACTION_INTERNAL_H
#define DISTSHARD_TRANSACTION_INTERNAL_H

#include "postgres.h"

#include "access/xact.h"
#include "datatype/timestamp.h"
#include "postmaster/bgworker.h"
#include "nodes/pg_list.h"
#include "transaction/xact.h"
#include "utils/snapshot.h"

/* participants.c */
extern void BeginOnNode(NodeConn *conn); /* BEGIN rides with what is sent next */
extern NodeConn                  *
EnlistForCommand(int32        node_id,
								  RemoteAccess access); /* one that reads no rows: SERIALIZABLE does not mind */
extern NodeConn *EnlistAgain(int32 node_id); /* NULL if the node takes no part yet */

/* UndoBegin ends what has begun since so many nodes took part, before anything was done in it. */
extern void UndoBegin(int before);

/* one_statement.c */
extern bool IsOneStatement(void);

/*
 * A session that works for another one has a part of its transaction, and cannot begin another part elsewhere: neither
 * would see what the other one does. If its statement is all of the transaction, it can.
 */
extern void CheckNotPartOfOther(int32 node_id);

/*
 * cluster_snapshot.c. JoinClusterSnapshot makes sure that the node's transaction has a snapshot that fits those of the
 * others; RunsAlone, where it is true, makes it one without others. UseInSerializable refuses the second node of a SERIALIZABLE one.
 */
extern void JoinClusterSnapshot(int32 node_id);
extern bool RunsAlone(void);
extern void UseInSerializable(int32 group_id);
extern void ForgetClusterSnapshot(void);

/*
 * own_snapshot.c. Has the transaction's snapshot, the active one, and that of the statement unless it is NULL, show
 * what the one that was taken shows.
 */
extern void ChangeTransactionSnapshot(Snapshot taken, Snapshot statement);
extern bool IsTransactionSnapshot(Snapshot taken); /* does it show that already? */

/* untold.c */
extern char *EndPreparedText(const char *gid, bool committed);
extern bool  WasTold(RemoteCommand *command);
extern bool  IsBeingTold(RemoteCommand *command);
extern void  RememberUntold(NodeConn *conn, const char *gid, bool committed);
extern void  TellNode(NodeConn *conn);

/* global_id.c */
extern char       *NewGlobalId(List *groups);
extern char       *OwnIdPrefix(void); /* of all ids that this installation gives */
extern int32       InitiatingGroup(const char *gid);
extern uint64      GlobalIdNumber(const char *gid);
extern const char *GlobalIdGroups(const char *gid);

/* commit_record.c */
typedef struct CommitRecord
{
	char *gid;
	List *groups; /* node groups that prepared */
	bool  done;   /* none of them has it prepared any more */
} CommitRecord;

extern void  RecordCommit(const char *gid, List *groups);
extern bool  MayHaveCommitted(const char *gid, Snapshot snapshot);
extern List *CommittedHere(void);
extern void  DeleteDone(List *records);

/* prepared.c */
typedef struct PreparedTransaction
{
	TransactionId xid;
	char         *gid;
	int32         group; /* that began it */
	Oid           database;
	TimestampTz   prepared_at;
} PreparedTransaction;

extern List *PreparedHere(void);     /* distributed ones, in this database */
extern List *PreparedOnServer(void); /* in any database */

/* launcher.c */
#define SETTLING_TIME_MS 2000 /* sessions finish what they began by themselves, mostly */

extern void InitRecovery(void);
extern void RequestRecovery(void);
extern bool FailureIsNews(void); /* log one that may come up every few seconds? */

/* joining.c. The last step of recovery: the extension may be gone after it. */
extern void TakeBackJoining(void);

/* background.c */
extern MemoryContext RoundContext; /* lives as long as the process */

/*
 * Starts a process that does one round in the database; NULL if no more can be
 * had for now. ProcessUnderWay frees and clears the handle of one that has ended.
 */
extern BackgroundWorkerHandle *StartProcess(const char *name, const char *function, Oid database);
extern bool                    ProcessUnderWay(BackgroundWorkerHandle **handle);

/*
 * Begins the work of a process, as the owner of the extension; false if there is
 * nothing to do in the database. A step may take so many milliseconds. The list
 * is that of the other nodes, of ClusterNode * without names and addresses.
 */
extern bool StartRound(Oid database, int timeout, List **nodes);

/* What is done in a transaction of its own, whose failure is only worth a line in the log. */
typedef void (*Step)(void *arg);
extern bool RunStep(Step step, void *arg, const char *purpose);

/* A node's answer, two columns of text; NULLs are not expected. Called in RoundContext. */
typedef void (*AnswerReader)(const char *first, const char *second, void *arg);
extern void AskNode(NodeConn *conn, const char *sql, AnswerReader reader, void *arg);

#endif
