/*-------------------------------------------------------------------------
 *
 * own_shard.h
 *	  Statements about one shard that this node holds run as on an ordinary table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_OWN_SHARD_H
#define DISTSHARD_OWN_SHARD_H

extern void InitOwnShard(void);

#endif
