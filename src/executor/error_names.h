/*-------------------------------------------------------------------------
 *
 * error_names.h
 *	  Errors of statements on shards, as if the table were one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ERROR_NAMES_H
#define DISTSHARD_ERROR_NAMES_H

extern void InitErrorNames(void);

#endif
