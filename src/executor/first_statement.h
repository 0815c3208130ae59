/*-------------------------------------------------------------------------
 *
 * first_statement.h
 *	  When a transaction takes its snapshot of all nodes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_FIRST_STATEMENT_H
#define DISTSHARD_FIRST_STATEMENT_H

extern void InitFirstStatement(void);

#endif
