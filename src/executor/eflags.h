/*-------------------------------------------------------------------------
 *
 * eflags.h
 *	  Marks of running statements, among the flags that their executor was started with.
 *
 * PostgreSQL's own are EXEC_FLAG_... in executor.h, and begin with the lowest
 * bit. Two marks with one bit would each be taken for the other.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_EFLAGS_H
#define DISTSHARD_EFLAGS_H

#define EXEC_FLAG_QUIET     0x04000000 /* its notices are kept back (quiet.c) */
#define EXEC_FLAG_FIRED     0x08000000 /* BEFORE row triggers have fired for its rows (before_row.c) */
#define EXEC_FLAG_ORDINARY  0x10000000 /* it passes distshard's hooks (ordinary.c) */
#define EXEC_FLAG_OWN_SHARD 0x20000000 /* it is one for a shard of this node (own_shard.c) */
#define EXEC_FLAG_HOLDS     0x40000000 /* it holds triggers for another node (held_triggers.c) */

#endif
