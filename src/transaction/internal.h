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
#include "transaction/xact.h"

/* one_statement.c */
extern void InitOneStatement(void);
extern bool IsOneStatement(void);

/* untold.c */
extern char *EndPreparedText(const char *gid, bool committed);
extern bool  WasTold(RemoteCommand *command);
extern bool  IsBeingTold(RemoteCommand *command);
extern void  RememberUntold(NodeConn *conn, const char *gid, bool committed);
extern void  TellNode(NodeConn *conn);

/* global_id.c */
extern char *NewGlobalId(void);
extern char *OwnIdPrefix(void); /* of all ids that this installation gives */
extern int32 InitiatingGroup(const char *gid);

/* commit_record.c */
typedef struct CommitRecord
{
	char *gid;
	List *groups; /* node groups that prepared */
	bool  done;   /* none of them has it prepared any more */
} CommitRecord;

extern void  RecordCommit(const char *gid, List *groups);
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

extern List *PreparedHere(void); /* distributed ones, in this database */

/* launcher.c */
#define SETTLING_TIME_MS 2000 /* sessions finish what they began by themselves, mostly */

extern void InitRecovery(void);
extern void RequestRecovery(void);
extern bool FailureIsNews(void); /* log one that may come up every few seconds? */

#endif
