import { invocationsOf } from '../compose/commands.js';
import type { Container } from '../observation.js';
import type { Mount, Service } from '../compose/stack.js';

/**
 * What keeps data: databases, search engines, queues, object stores, time series. A name stands for the
 * last part of an image's name, or for more of it where that alone would say too little.
 */
const IMAGES = words(`
  postgres postgresql postgresql-repmgr postgis pgvector pgvecto-rs timescaledb timescaledb-ha pgautoupgrade
  spilo citus vchord-postgres paradedb edgedb gel
  mysql mysql-server mariadb mariadb-galera percona percona-server percona-xtradb-cluster
  mongo mongodb mongodb-community-server mongodb-enterprise-server mongodb-atlas-local mongodb-sharded
  percona-server-mongodb
  redis redis-stack redis-stack-server redismod redis-cluster redis-sentinel redisearch rejson valkey
  valkey-bundle valkey-cluster keydb dragonfly garnet kvrocks memcached
  rabbitmq lavinmq nats nats-streaming kafka kafka-native cp-kafka cp-server redpanda zookeeper cp-zookeeper pulsar
  pulsar-all activemq activemq-classic activemq-artemis emqx mosquitto eclipse-mosquitto hivemq-ce vernemq
  elasticsearch elasticsearch-oss opensearch wazuh-indexer solr meilisearch typesense manticore valeriansaliou/sonic
  quickwit zincsearch zinc vespa
  clickhouse clickhouse-server clickhouse-keeper cassandra scylla influxdb questdb victoria-metrics
  victoria-logs prometheus loki tempo mimir pyroscope greptimedb openobserve
  minio versitygw seaweedfs rustfs dxflrs/garage azurite pict-rs pictrs
  etcd consul vault openbao infinispan/server tigerbeetle falkordb qdrant weaviate milvus chroma chromadb couchdb couchbase neo4j memgraph arangodb dgraph
  surrealdb rethinkdb cockroach yugabyte tikv crate foundationdb aerospike-server rqlite libsql-server
  immudb eventstore ravendb firebird mssql/server azure-sql-edge oracle-free oracle-xe openldap dynamodb-local
`);

/** Where they keep it: a place in the container that nothing else uses. */
const PLACES = [
  /^\/var\/lib\/(?:postgresql|pgsql|mysql|mariadb|mongodb?|redis|valkey|keydb|rabbitmq|lavinmq|kafka|zookeeper|clickhouse|cassandra|scylla|influxdb[23]?|elasticsearch|opensearch|wazuh-indexer|neo4j|arangodb3|couchdb|couchbase|etcd|milvus|weaviate|redpanda|questdb|rethinkdb|foundationdb|ldap|immudb|eventstore)(?:\/|$)/,
  /^\/bitnami\/(?:postgresql|mysql|mariadb|mongodb|redis|valkey|kafka|zookeeper|rabbitmq|elasticsearch|opensearch|cassandra|etcd|clickhouse|influxdb|minio|neo4j|consul|openldap)(?:\/|$)/,
  /^\/data\/(?:db|configdb)(?:\/|$)/,
  /^\/usr\/share\/(?:elasticsearch|opensearch)\/data(?:\/|$)/,
  /^\/(?:qdrant\/storage|meili_data|cockroach\/cockroach-data|pgdata|home\/postgres\/pgdata)(?:\/|$)/,
  /^\/(?:var\/opt\/mssql|opt\/couchbase\/var|opt\/couchdb\/data|var\/solr)(?:\/|$)/,
];

/** Their servers, as programs. */
const SERVERS = new Set(
  words(`
  postgres postmaster mysqld mysqld_safe mariadbd mariadbd-safe mongod mongos redis-server redis-sentinel
  valkey-server keydb-server kvrocks memcached rabbitmq-server nats-server clickhouse-server clickhouse-keeper
  influxd influxdb3 etcd qdrant meilisearch typesense-server minio cockroach surreal arangod scylla rethinkdb
  redpanda sqlservr slapd mosquitto beanstalkd weed pict-rs
`),
);
/** … and their clients, which wait, copy, or prepare. */
const CLIENTS = new Set(
  words(`
  psql pg_dump pg_dumpall pg_restore pg_basebackup pg_isready createdb mysqldump mysqladmin mariadb-dump
  mariadb-admin mysql mariadb mongosh mongo mongodump mongorestore mongoimport redis-cli valkey-cli
  clickhouse-client cqlsh etcdctl kafka-topics kafka-topics.sh rabbitmqadmin elasticsearch-certutil
`),
);

/** Init processes, shells, and what healthchecks ask with: they are there beside the program itself. */
const HELPERS = new Set(
  words(
    'sh bash ash dash tini dumb-init docker-init catatonit s6-svscan s6-supervise sleep tail cat grep curl wget nc timeout runc',
  ),
);

/**
 * Why a service is a database by what the Compose file says of it; undefined: nothing shows it.
 *
 * @param others every service of the stack
 */
export function databaseByDefinition(
  service: Service,
  others: readonly Service[],
): string | undefined {
  const programs = invocationsOf(service.command).map(({ program }) => program);
  const server = programs.find((program) => SERVERS.has(program));
  if (server !== undefined) return `runs ${server}`;
  const place = databasePlaceOf(service);
  if (isDatabaseImage(service.image) && (place !== undefined || !programs.some(isClient)))
    return `image ${service.image}`;
  return place === undefined || isDatabaseOfAnother(place, others)
    ? undefined
    : `keeps data in ${place.target}`;
}

/** What a backup, or whoever prepares a directory, mounts of a known database. */
function isDatabaseOfAnother({ source }: Mount, others: readonly Service[]): boolean {
  return (
    source !== undefined &&
    others.some(
      ({ image, mounts }) =>
        isDatabaseImage(image) && mounts.some((mount) => mount.source === source),
    )
  );
}

/** The mount at which a database would keep its data. */
function databasePlaceOf({ mounts }: Service): Mount | undefined {
  return mounts.find(
    ({ target, readOnly }) =>
      !readOnly && !isSingleFile(target) && PLACES.some((place) => place.test(target)),
  );
}

/** True for an image of a known database, wherever it comes from. */
function isDatabaseImage(image: string): boolean {
  const name = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  return IMAGES.some((known) => name === known || name.endsWith(`/${known}`));
}

/**
 * Why a container is a database by its processes; undefined: nothing shows it. An app that starts a
 * Redis of its own beside it is none.
 */
export function databaseByProcesses(processes: readonly string[]): string | undefined {
  const own = processes.filter((name) => !HELPERS.has(name) && kept(CLIENTS, name) === undefined);
  const found = own.map(serverNamed);
  const [first] = found;
  return first === undefined || found.includes(undefined) ? undefined : `runs ${first}`;
}

/** Why a service is a database by what runs in its containers: whatever image it is of, as the stack may build it. */
export function databaseByContainers(
  { name }: Service,
  containers: readonly Container[],
): string | undefined {
  return containers
    .filter(({ service, oneOff }) => service === name && !oneOff)
    .flatMap(({ command, processes }) => [
      databaseByProcesses(processes),
      databaseByProcesses(invocationsOf(command).map(({ program }) => program)),
    ])
    .find((reason) => reason !== undefined);
}

function serverNamed(process: string): string | undefined {
  return kept(SERVERS, process);
}

/** The kernel keeps the first 15 characters of a process's name only. */
function kept(programs: ReadonlySet<string>, process: string): string | undefined {
  return [...programs].find((program) => program.slice(0, 15) === process);
}

function isClient(program: string): boolean {
  return CLIENTS.has(program);
}

function isSingleFile(target: string): boolean {
  return /\.(?:conf|cnf|cfg|ini|ya?ml|json|xml|sql|sh|pem|crt|key)$/.test(target);
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
