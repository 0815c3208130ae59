/*-------------------------------------------------------------------------
 *
 * ordinary.h
 *	  Statements without distributed tables, as if distshard were not there.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ORDINARY_H
#define DISTSHARD_ORDINARY_H

/* To be called before, and after, all others that set hooks of the executor. */
extern void NotePreviousHooks(void);
extern void LetOrdinaryPass(void);

#endif
