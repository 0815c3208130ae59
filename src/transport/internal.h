/*-------------------------------------------------------------------------
 *
 * internal.h
 *	  What the files of this folder share; not for other modules.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_TRANSPORT_INTERNAL_H
#define DISTSHARD_TRANSPORT_INTERNAL_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "lib/ilist.h"
#include "lib/stringinfo.h"
#include "libpq-fe.h"
#include "transport/connection.h"
#include "transport/remote_xact.h"
#include "transport/rowcodec.h"
#include "transport/seen_texts.h"
#include "transport/settings.h"
#include "utils/hsearch.h"
#include "utils/resowner.h"
#include "utils/tuplestore.h"

/* What was sent and not yet answered, in order. */
typedef enum PendingKind
{
	PENDING_STATEMENT,
	PENDING_PARSE, /* of a prepared statement, whose first execution follows */
	PENDING_SYNC   /* the end of a batch: an error skips everything up to here */
} PendingKind;

typedef struct Pending
{
	dlist_node     node;
	PendingKind    kind;
	RemoteCommand *command;      /* who wants the answer; NULL: nobody */
	uint32         statement_id; /* PENDING_PARSE: to be forgotten if it fails */
	int            level;        /* transaction nesting level that sent it */
	bool           forgiven;     /* its error is of no consequence */
	bool           started;      /* single-row mode was asked for */
	bool           reused;       /* a statement that was prepared before */
} Pending;

typedef struct NodeConnKey
{
	int32 node_id;
	Oid   user_id; /* session user that it was opened for */
} NodeConnKey;

/*
 * A node's connection. The struct lives to the end of the session; pg is
 * replaced when a connection was lost, which incarnation counts.
 */
struct NodeConn
{
	NodeConnKey key; /* hash key, must be first */
	int32       group_id;
	char       *host; /* where it leads to, or led last */
	int         port;
	PGconn     *pg; /* NULL: not open */
	uint32      incarnation;
	bool        proven; /* it showed that it belongs to the cluster, and we did if we had to */
	bool        avoid_socket; /* the unix socket did not work for us */
	int32       cancel_key;
	bool        cancel_taken; /* the node got the last cancel request */

	dlist_head  pending;
	bool        needs_sync;        /* commands were queued since the last sync */
	bool        unsent;            /* libpq holds output that the socket did not take */
	bool        outcome_matters;   /* what is running commits: no giving up before the answer */
	TimestampTz cancel_sent;       /* while the outcome matters, 0: not yet */
	bool        cleaning;          /* aborting: errors and notices are of no interest */
	bool        copying;           /* in COPY FROM STDIN, out of pipeline mode */
	bool        copy_failed;       /* the node has said so; its error comes after the end */
	size_t      copied;            /* bytes handed to libpq since it had none left to send */
	bool        rows_wait;         /* the node has said so in this transaction, see RowsWait */
	bool        has_written;       /* likewise, see HasWritten */
	bool        triggers_deferred; /* likewise, see TakeTriggersDeferred */
	int         held_triggers;     /* of the last COPY, see HeldTriggersOfCopy */
	bool        fresh;             /* nothing was done yet in the node's transaction */
	bool        hung_up;           /* the node closed it; not yet noticed by a read */
	bool        swollen;           /* see NoteMessage */
	PGresult   *result;            /* row being decoded */
	TimestampTz last_used;

	int  wait_pos; /* in the session's wait event set, -1: not in it */
	bool wanted;   /* by the wait that is being set up */

	HTAB      *statements; /* prepared ones, by text and types */
	dlist_head recent;     /* the same, most recently used first */
	SeenTexts *seen;       /* those that came, prepared or not */

	uint64 settings_sent;    /* serial number of the settings that it has, 0: unknown */
	bool   settings_in_xact; /* sent in the node's current transaction, so a rollback undoes them */
};

struct RemoteCommand
{
	NodeConn     *conn; /* NULL once finished, or its connection was lost */
	int32         node_id;
	Pending      *pending; /* its place in the queue */
	TupleDesc     desc;
	RowCodec     *codec; /* and the last row that it decoded: */
	Datum        *values;
	bool         *nulls;
	int           flags;
	bool          binary;
	bool          done;
	int           forgiven_error; /* SQLSTATE of an error that nobody was told of */
	bool          discard;        /* CloseCommand was called */
	bool          row_waits;      /* its first row is in conn->result, not yet taken */
	bool          wants_report;   /* its node may report about its snapshot */
	char         *report;         /* and has; in its context */
	int           held_triggers;  /* see HeldTriggers */
	uint64        rows;           /* of the command tag */
	char          tag[64];
	MemoryContext context;       /* where it lives */
	MemoryContext row_context;   /* reset for each row */
	MemoryContext store_context; /* the same for rows on their way into store */

	/* rows that had to be moved out of the way */
	Tuplestorestate *store;
	TupleTableSlot  *store_slot;
	ResourceOwner    resowner;

	/* to send it once more, if the node's plan is outdated */
	char         *sql;
	RemoteParams *params;
	bool          may_retry;

	MemoryContextCallback on_reset;
};

/* connection.c */
extern Pending *AddPending(NodeConn *conn, PendingKind kind);
extern void     PopPending(NodeConn *conn);

/* idle.c */
extern void NoteMessage(NodeConn *conn, Size size);

/* So long, in milliseconds, nodes are waited for when the client wants to stop. */
#define STOP_TIMEOUT_MS 300

/* wait.c */
extern void ResetWaitSet(void);
extern bool WaitOnConns(NodeConn **conns, int nconns, long timeout);

/* send.c */
extern void SendCommand(RemoteCommand *command, NodeConn *conn, const char *sql,
						const RemoteParams *params);

/* pipeline.c */
typedef enum PumpResult
{
	PUMP_ROW, /* a row of the first pending statement is in conn->result */
	PUMP_DONE /* the first pending entry was answered and removed */
} PumpResult;

extern PumpResult PumpConn(NodeConn *conn);
extern Pending   *FirstPending(NodeConn *conn);
extern void       StoreRow(NodeConn *conn);
extern void       AdvanceTo(RemoteCommand *command);
extern bool       ConnIsBusy(NodeConn *conn);

/* proof.c */
extern void ProveConns(List *conns);

/* rowcodec.c */
extern void DecodeCommandRow(RemoteCommand *command, PGresult *result, bool to_be_stored);
extern void StoreInSlot(TupleTableSlot *slot, Datum *values, bool *nulls);

/* statement.c */
extern uint32 FindStatement(NodeConn *conn, const char *sql, const RemoteParams *params,
							TupleDesc desc, bool *found);
extern void   ForgetStatement(NodeConn *conn, uint32 id);
extern void   ForgetStatements(NodeConn *conn);
extern void   StatementName(uint32 id, char *name);

/* remote_error.c */
extern int  SqlState(const PGresult *result);
extern void RaiseRemoteError(NodeConn *conn, PGresult *result) pg_attribute_noreturn();
extern void RaiseConnectionLost(NodeConn *conn, PGresult *result) pg_attribute_noreturn();
extern void PassNotice(void *arg, const PGresult *result);

/* command.c */
extern void KeepReport(NodeConn *conn, const char *text);
extern void KeepHeldTriggers(NodeConn *conn, const char *number);

/* wait.c: has the client, or a time limit, stopped the statement while nodes were waited for, or is this the session's end? */
extern bool StopIsWanted(void);

/* cancel.c */
extern void CancelConns(NodeConn **conns, int nconns);

/* copy.c */
extern void FailCopyIn(NodeConn *conn);

#endif
