-- A wholesaler's orders, in the shape of TPC-H, and what the users of some tenants of a service do.

CREATE TABLE region (r_regionkey int PRIMARY KEY, r_name text NOT NULL);
CREATE TABLE nation (n_nationkey int PRIMARY KEY, n_name text NOT NULL, n_regionkey int NOT NULL);
CREATE TABLE supplier (s_suppkey int PRIMARY KEY, s_name text NOT NULL, s_address text NOT NULL, s_nationkey int NOT NULL,
	s_phone text NOT NULL, s_acctbal numeric(12, 2) NOT NULL, s_comment text NOT NULL);
CREATE TABLE part (p_partkey int PRIMARY KEY, p_name text NOT NULL, p_mfgr text NOT NULL, p_brand text NOT NULL,
	p_type text NOT NULL, p_size int NOT NULL, p_container text NOT NULL, p_retailprice numeric(12, 2) NOT NULL);
CREATE TABLE partsupp (ps_partkey int, ps_suppkey int, ps_availqty int NOT NULL, ps_supplycost numeric(12, 2) NOT NULL,
	PRIMARY KEY (ps_partkey, ps_suppkey));
CREATE TABLE customer (c_custkey int PRIMARY KEY, c_name text NOT NULL, c_address text NOT NULL, c_nationkey int NOT NULL,
	c_phone text NOT NULL, c_acctbal numeric(12, 2) NOT NULL, c_mktsegment text NOT NULL, c_comment text NOT NULL);
CREATE TABLE orders (o_orderkey bigint PRIMARY KEY, o_custkey int NOT NULL, o_orderstatus "char" NOT NULL,
	o_totalprice numeric(12, 2) NOT NULL, o_orderdate date NOT NULL, o_orderpriority text NOT NULL, o_shippriority int NOT NULL,
	o_comment text NOT NULL);
CREATE TABLE lineitem (l_orderkey bigint, l_linenumber int, l_partkey int NOT NULL, l_suppkey int NOT NULL,
	l_quantity numeric(12, 2) NOT NULL, l_extendedprice numeric(12, 2) NOT NULL, l_discount numeric(12, 2) NOT NULL,
	l_tax numeric(12, 2) NOT NULL, l_returnflag "char" NOT NULL, l_linestatus "char" NOT NULL, l_shipdate date NOT NULL,
	l_commitdate date NOT NULL, l_receiptdate date NOT NULL, l_shipinstruct text NOT NULL, l_shipmode text NOT NULL,
	l_comment text NOT NULL, PRIMARY KEY (l_orderkey, l_linenumber));
CREATE INDEX ON orders (o_custkey);
CREATE INDEX ON lineitem (l_partkey);

CREATE TABLE event (tenant_id int, event_id bigint, user_id int NOT NULL, at timestamptz NOT NULL, kind text NOT NULL,
	amount numeric(12, 2), duration float8 NOT NULL, page text NOT NULL, PRIMARY KEY (tenant_id, event_id));
CREATE INDEX ON event (tenant_id, at);
CREATE INDEX ON event (tenant_id, user_id, at);

-- two tables that nothing but the wish to join them joins, and one to write into
CREATE TABLE lefthand (id bigint PRIMARY KEY, other bigint NOT NULL, value int NOT NULL);
CREATE TABLE righthand (id bigint PRIMARY KEY, other bigint NOT NULL, value int NOT NULL);
CREATE TABLE target (id bigint NOT NULL, other bigint NOT NULL, value int NOT NULL);
