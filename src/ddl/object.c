/*-------------------------------------------------------------------------
 *
 * object.c
 *	  Schemas, types, functions, roles and views: what distributed tables, and
 *	  statements on them, need on every node.
 *
 * While distshard.share_objects is on, creating or changing such an object
 * does so on all nodes. What depends on a relation that only this node has
 * stays on this node. To change an object that another node doesn't have,
 * because it was created before the node was added, is nothing to do there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "ddl/ddl.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "placement/cluster_change.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

static bool ShareObjects = true;

void
InitSharedObjects(void)
{
	DefineCustomBoolVariable(
		"distshard.share_objects",
		"Creates and changes schemas, types, functions, roles and the like on all nodes.", NULL,
		&ShareObjects, true, PGC_USERSET, 0, NULL, NULL, NULL);
}

bool
SharingIsOn(void)
{
	return ShareObjects && HaveOtherNodes();
}

/* Is this a kind of object that all nodes should have? */
bool
IsSharedKind(ObjectType type)
{
	switch (type)
	{
		case OBJECT_SCHEMA:
		case OBJECT_TYPE:
		case OBJECT_DOMAIN:
		case OBJECT_DOMCONSTRAINT:
		case OBJECT_ATTRIBUTE:
		case OBJECT_FUNCTION:
		case OBJECT_PROCEDURE:
		case OBJECT_ROUTINE:
		case OBJECT_AGGREGATE:
		case OBJECT_OPERATOR:
		case OBJECT_OPCLASS:
		case OBJECT_OPFAMILY:
		case OBJECT_COLLATION:
		case OBJECT_CONVERSION:
		case OBJECT_CAST:
		case OBJECT_TRANSFORM:
		case OBJECT_LANGUAGE:
		case OBJECT_EXTENSION:
		case OBJECT_ROLE:
		case OBJECT_TSCONFIGURATION:
		case OBJECT_TSDICTIONARY:
		case OBJECT_TSPARSER:
		case OBJECT_TSTEMPLATE:
			return SharingIsOn();
		default:
			return false;
	}
}

/* Is a thing that another depends on only on this node? */
static bool
IsLocalThing(Oid classid, Oid objid)
{
	DistTable *table;

	if (classid == NamespaceRelationId)
		return isAnyTempNamespace(objid);
	if (classid == TypeRelationId)
	{
		Oid element = get_element_type(objid);

		objid = get_typ_typrelid(OidIsValid(element) ? element : objid);
		classid = RelationRelationId;
	}
	if (classid != RelationRelationId || !OidIsValid(objid) ||
		get_rel_relkind(objid) == RELKIND_COMPOSITE_TYPE)
		return false;
	return objid >= FirstNormalObjectId && RoleOf(objid, &table) == ROLE_LOCAL &&
		   !OidIsValid(getExtensionOfObject(RelationRelationId, objid));
}

static bool
DependsOnLocalThing(const ObjectAddress *object)
{
	bool        found = false;
	Relation    depend = table_open(DependRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key[2];
	HeapTuple   tuple;

	ScanKeyInit(&key[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object->classId));
	ScanKeyInit(&key[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object->objectId));
	scan = systable_beginscan(depend, DependDependerIndexId, true, NULL, 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend dependency = (Form_pg_depend) GETSTRUCT(tuple);

		if (IsLocalThing(dependency->refclassid, dependency->refobjid))
			found = true;
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return found;
}

/* The elements of CREATE SCHEMA are statements of this node; the schema itself is everyone's. */
static char *
CreateSchemaText(CreateSchemaStmt *stmt)
{
	const char *name = stmt->schemaname ? stmt->schemaname : get_rolespec_name(stmt->authrole);
	char       *sql = psprintf("CREATE SCHEMA IF NOT EXISTS %s", quote_identifier(name));

	if (stmt->authrole)
		sql = psprintf("%s AUTHORIZATION %s", sql,
					   quote_identifier(get_rolespec_name(stmt->authrole)));
	return sql;
}

/* The distributed table that a new table would inherit from or be a partition of, or NULL. */
static DistTable *
DistributedParent(const CreateStmt *stmt)
{
	ListCell *lc;

	foreach (lc, stmt->inhRelations)
	{
		DistTable *table;

		if (RoleOfName(lfirst_node(RangeVar, lc), &table) == ROLE_TABLE)
			return table;
	}
	return NULL;
}

static void
CheckSchemaElements(CreateSchemaStmt *stmt)
{
	ListCell *lc;

	foreach (lc, stmt->schemaElts)
	{
		DistTable *parent =
			IsA(lfirst(lc), CreateStmt) ? DistributedParent(lfirst_node(CreateStmt, lc)) : NULL;

		if (parent != NULL)
			ereport(
				ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot create a partition of distributed table \"%s\" in CREATE SCHEMA",
						get_rel_name(parent->relid)),
				 errhint("Create it by a statement of its own.")));
	}
}

void
CreateObjectUtility(Utility *utility, Node *node)
{
	char     *schema_text = NULL;
	ListCell *lc;

	if (utility->forwarded && IsA(node, CreateExtensionStmt))
		castNode(CreateExtensionStmt, node)->if_not_exists = true;
	if (IsA(node, CreateSchemaStmt))
		CheckSchemaElements(castNode(CreateSchemaStmt, node));
	if (IsA(node, CreateSchemaStmt))
		schema_text = CreateSchemaText(castNode(CreateSchemaStmt, node));

	RunLocally(utility);
	if (!SharingIsOn())
		return;
	foreach (lc, utility->created)
	{
		if (!IsA(node, CreateExtensionStmt) && !IsA(node, CreateSchemaStmt) &&
			DependsOnLocalThing(lfirst(lc)))
			return;
	}
	if (schema_text == NULL)
		Forward(utility);
	else if (!utility->forwarded)
		ForwardText(schema_text);
}

/* Finds what a statement changes. Returns false if the statement doesn't say. */
static bool
ObjectOfStatement(Node *node, ObjectType *type, Node **object)
{
	switch (nodeTag(node))
	{
		case T_RenameStmt:
			*type = castNode(RenameStmt, node)->renameType;
			*object = castNode(RenameStmt, node)->object;
			if (*object == NULL)
				*object = (Node *) makeString(castNode(RenameStmt, node)->subname);
			return *type != OBJECT_ATTRIBUTE;
		case T_AlterObjectSchemaStmt:
			*type = castNode(AlterObjectSchemaStmt, node)->objectType;
			*object = castNode(AlterObjectSchemaStmt, node)->object;
			return true;
		case T_AlterOwnerStmt:
			*type = castNode(AlterOwnerStmt, node)->objectType;
			*object = castNode(AlterOwnerStmt, node)->object;
			return true;
		case T_AlterFunctionStmt:
			*type = castNode(AlterFunctionStmt, node)->objtype;
			*object = (Node *) castNode(AlterFunctionStmt, node)->func;
			return true;
		case T_AlterEnumStmt:
			*type = OBJECT_TYPE;
			*object = (Node *) makeTypeNameFromNameList(castNode(AlterEnumStmt, node)->typeName);
			return true;
		case T_AlterTypeStmt:
			*type = OBJECT_TYPE;
			*object = (Node *) makeTypeNameFromNameList(castNode(AlterTypeStmt, node)->typeName);
			return true;
		case T_AlterDomainStmt:
			*type = OBJECT_DOMAIN;
			*object = (Node *) makeTypeNameFromNameList(castNode(AlterDomainStmt, node)->typeName);
			return true;
		case T_AlterExtensionStmt:
			*type = OBJECT_EXTENSION;
			*object = (Node *) makeString(castNode(AlterExtensionStmt, node)->extname);
			return true;
		default:
			return false;
	}
}

/* Where the grammar names a type by a list, get_object_address() needs a TypeName. */
static void
TypeNameForAddress(ObjectType *type, Node **object)
{
	if (*type == OBJECT_DOMCONSTRAINT)
		*type = OBJECT_DOMAIN;
	if ((*type == OBJECT_TYPE || *type == OBJECT_DOMAIN) && IsA(*object, List))
		*object = (Node *) makeTypeNameFromNameList(castNode(List, *object));
}

/* The labels of an enum decide where the rows are that it is the shard key of. */
static void
CheckRenameValue(AlterEnumStmt *stmt)
{
	Oid       type = typenameTypeId(NULL, makeTypeNameFromNameList(stmt->typeName));
	ListCell *lc;

	foreach (lc, AllDistTables())
	{
		DistTable *table = lfirst(lc);

		if (table->method == DIST_HASH && getBaseType(table->key_type) == type)
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("cannot rename values of enum %s: the shard key of table \"%s\" "
								   "is of this type",
								   format_type_be(type), get_rel_name(table->relid))));
	}
}

void
ChangeObjectUtility(Utility *utility, Node *node)
{
	ObjectType type;
	Node      *object;

	if (IsA(node, AlterEnumStmt) && castNode(AlterEnumStmt, node)->oldVal != NULL)
		CheckRenameValue(castNode(AlterEnumStmt, node));
	if (ObjectOfStatement(node, &type, &object))
	{
		Relation relation = NULL;

		TypeNameForAddress(&type, &object);
		if (!IsSharedKind(type))
		{
			RunForObject(utility, type, object);
			return;
		}
		if (utility->forwarded &&
			!OidIsValid(
				get_object_address(type, object, &relation, AccessShareLock, true).objectId))
			return;
	}
	RunAsWritten(utility);
	if (SharingIsOn())
		Forward(utility);
}

/* A view is everyone's if all that it reads is; see relation.c. */
void
CreateViewUtility(Utility *utility, Node *node)
{
	ViewStmt  *stmt = castNode(ViewStmt, node);
	DistTable *table;

	RunLocally(utility);
	if (utility->forwarded || RoleOfName(stmt->view, &table) == ROLE_VIEW)
		Forward(utility);
}

/* CheckSequenceOptions: sequences differ from node to node in the range that they take their values from, so that must stay. */
void
CheckSequenceOptions(const DistTable *table, List *options)
{
	ListCell *lc;

	foreach (lc, options)
	{
		DefElem *option = lfirst_node(DefElem, lc);

		if (!HaveOtherNodes() || strcmp(option->defname, "increment") == 0 ||
			strcmp(option->defname, "cache") == 0 || strcmp(option->defname, "owned_by") == 0 ||
			strcmp(option->defname, "generated") == 0 ||
			(strcmp(option->defname, "restart") == 0 && option->arg == NULL))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot change option \"%s\" of a sequence of distributed table \"%s\"",
						option->defname, get_rel_name(table->relid)),
				 errdetail("Each node takes its values from a range of its own."),
				 strcmp(option->defname, "restart") == 0
					 ? errhint("Use setval(), which is for the node that it is called on.")
					 : 0));
	}
}

void
SequenceUtility(Utility *utility, Node *node)
{
	AlterSeqStmt *stmt = castNode(AlterSeqStmt, node);
	DistTable    *table;

	if (RoleOfName(stmt->sequence, &table) != ROLE_SEQUENCE)
	{
		if (!utility->forwarded)
			RunLocally(utility);
		return;
	}
	CheckSequenceOptions(table, stmt->options);
	RunAsWritten(utility);
	Forward(utility);
}

/* Also CREATE FOREIGN TABLE, whose tree begins as that of CREATE TABLE does. */
void
CreateTableUtility(Utility *utility, Node *node)
{
	CreateStmt *stmt = (CreateStmt *) node;
	DistTable  *parent = DistributedParent(stmt);

	if (parent != NULL && IsA(node, CreateForeignTableStmt))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("a foreign table cannot be a partition or child of distributed "
							   "table \"%s\"",
							   get_rel_name(parent->relid))));
	if (parent != NULL)
	{
		CheckParents(parent, stmt->inhRelations);
		CreatePartition(utility, parent);
		return;
	}
	RunLocally(utility);
	CheckLocalForeignKeys(utility);
}

static bool
IsPublishedSchema(const PublicationObjSpec *spec, Oid schema)
{
	if (spec->pubobjtype == PUBLICATIONOBJ_TABLES_IN_CUR_SCHEMA)
	{
		List *path = fetch_search_path(false);

		return path != NIL && linitial_oid(path) == schema;
	}
	return spec->pubobjtype == PUBLICATIONOBJ_TABLES_IN_SCHEMA &&
		   get_namespace_oid(spec->name, true) == schema;
}

static void
RefusePublication(const DistTable *table)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("distributed table \"%s\" cannot be published", get_rel_name(table->relid)),
			 errdetail("A subscriber would get nothing of it: its rows are in the shards of "
					   "all nodes."),
			 errhint("Name the tables that are to be published.")));
}

/* Publications are about one server. What they drop may be anything. */
void
PublicationUtility(Utility *utility, Node *node)
{
	bool      create = IsA(node, CreatePublicationStmt);
	bool      drops = !create && castNode(AlterPublicationStmt, node)->action == AP_DropObjects;
	List     *objects = create ? castNode(CreatePublicationStmt, node)->pubobjects
							   : castNode(AlterPublicationStmt, node)->pubobjects;
	bool      all = create && castNode(CreatePublicationStmt, node)->for_all_tables;
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, objects)
	{
		PublicationObjSpec *spec = lfirst_node(PublicationObjSpec, lc);
		DistTable          *table;

		if (spec->pubtable != NULL && RoleOfName(spec->pubtable->relation, &table) == ROLE_TABLE)
			RefusePublication(table);
	}
	foreach (lc, drops ? NIL : AllDistTables())
	{
		DistTable *table = lfirst(lc);

		if (all)
			RefusePublication(table);
		foreach (lc2, objects)
		{
			if (IsPublishedSchema(lfirst(lc2), get_rel_namespace(table->relid)))
				RefusePublication(table);
		}
	}
	RunLocally(utility);
}
