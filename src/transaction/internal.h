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

#include "transaction/xact.h"

/* one_statement.c */
extern void InitOneStatement(void);
extern bool IsOneStatement(void);

/* untold.c */
extern char *EndPreparedText(const char *gid, bool committed);
extern bool  WasTold(RemoteCommand *command);
extern void  RememberUntold(NodeConn *conn, const char *gid, bool committed);
extern void  TellNode(NodeConn *conn);

/* commit_record.c */
extern char *NewGlobalId(void);
extern void  RecordCommit(const char *gid);
extern void  CommitFinished(const char *gid);
extern void  RecordsCommitted(void);
extern void  RecordsRolledBack(void);

#endif
