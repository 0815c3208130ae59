/*-------------------------------------------------------------------------
 *
 * policies.h
 *	  Policies of row-level security whose subqueries read distributed tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_POLICIES_H
#define DISTSHARD_POLICIES_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/*
 * Must a node that has the rows know more to check those conditions on them which do not stand in WHERE? These are
 * policies, and of views what is a security barrier or a check option. Those of subqueries are not looked at.
 */
extern bool ConditionsLeaveNode(Query *query);

/*
 * Has policies checked by the query itself that the nodes cannot check, unless these are what finds the rows, as in
 * MERGE and ON CONFLICT.
 */
extern void CheckPoliciesHere(Query *query);

/* Of a table that the query reads, policies become conditions of a subquery that is a security barrier (see WrapTable). */
extern void ReadPastPolicies(Query *query, Index rti, bool row_apart);

/* Of its target, they become what a view's conditions would be: those that hide rows, and those of new rows. */
extern void ChangePastPolicies(Query *query);

/* Would rows that are locked before a DELETE have to meet the policies for UPDATE, which are others? */
extern bool LocksByOtherPolicies(Query *query);

/* An entry behind all others keeps the rights that are asked for on the table. */
extern void SetRightsApart(Query *query, RangeTblEntry *table);

/* Does the query name no distributed table but in the policies that it got here, as a fragment does? */
extern bool OnlyPoliciesNameDistTables(Query *query);

/* And does each of them need only rows with the shard key of the row it is about, which are here? */
extern bool PoliciesStayOnNode(Query *query);

#endif
