/*-------------------------------------------------------------------------
 *
 * row_in_transit.h
 *	  The form in which rows travel from node to node.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ROW_IN_TRANSIT_H
#define DISTSHARD_ROW_IN_TRANSIT_H

#include "postgres.h"

#include "access/transam.h"
#include "catalog/oid_types.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"

/* Values of types that mean something else on another node travel as text. */
static inline Oid
TypeInTransit(Oid type)
{
	Oid element = get_element_type(type);
	Oid base = OidIsValid(element) ? element : type;

	return type >= FirstGenbkiObjectId || IsOidAlias(base) || base == ACLITEMOID ||
				   get_typtype(base) == TYPTYPE_COMPOSITE
			   ? TEXTOID
			   : type;
}

#endif
