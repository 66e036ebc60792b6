import type { DeclaredImage } from '../declared-image.js';

/** Images that tutorials use, as data: they log what the real ones log at their start, listen, and insist on their settings. */
export const WELL_KNOWN: Readonly<Record<string, DeclaredImage>> = {
  '*/postgres': postgres('docker-entrypoint.sh', 'POSTGRES_PASSWORD'),
  '*/mysql': {
    entrypoint: ['docker-entrypoint.sh'], cmd: ['mysqld'], env: { MYSQL_VERSION: '9.5.0' }, tcp: [3306, 33_060],
    needsEnv: {
      anyOf: ['MYSQL_ROOT_PASSWORD', 'MYSQL_ALLOW_EMPTY_PASSWORD', 'MYSQL_RANDOM_ROOT_PASSWORD'],
      log: '$(DATE) $(TIME)+00:00 [ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n    You need to specify one of the following as an environment variable:\n    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n    - MYSQL_RANDOM_ROOT_PASSWORD\n',
    },
    log: [
      '$(DATE) $(TIME)+00:00 [Note] [Entrypoint]: Entrypoint script for MySQL Server 9.5.0-1.el9 started.',
      err("$(NOW) 0 [System] [MY-015015] [Server] MySQL Server - start."),
      err("$(NOW) 0 [System] [MY-010116] [Server] /usr/sbin/mysqld (mysqld 9.5.0) starting as process 1"),
      err('$(NOW) 1 [System] [MY-013576] [InnoDB] InnoDB initialization has started.'),
      err('$(NOW) 1 [System] [MY-013577] [InnoDB] InnoDB initialization has ended.'),
      err("$(NOW) 0 [System] [MY-011323] [Server] X Plugin ready for connections. Bind-address: '::' port: 33060, socket: /var/run/mysqld/mysqlx.sock"),
      err("$(NOW) 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '9.5.0'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL."),
    ],
    exec: { 'mysqladmin ping*': 'mysqld is alive', 'mysqladmin *ping*': 'mysqld is alive', 'mysql --version': 'mysql  Ver 9.5.0 for Linux on x86_64 (MySQL Community Server - GPL)', 'mysql *SELECT 1*': '1\n1' },
    usage: { memory: '380Mi', cpu: '8m' },
  },
  '*/mariadb': {
    entrypoint: ['docker-entrypoint.sh'], cmd: ['mariadbd'], env: { MARIADB_VERSION: '1:12.1.2+maria~ubu2404' }, tcp: 3306,
    needsEnv: {
      anyOf: ['MARIADB_ROOT_PASSWORD', 'MYSQL_ROOT_PASSWORD', 'MARIADB_ROOT_PASSWORD_HASH', 'MARIADB_ALLOW_EMPTY_ROOT_PASSWORD', 'MYSQL_ALLOW_EMPTY_PASSWORD', 'MARIADB_RANDOM_ROOT_PASSWORD', 'MYSQL_RANDOM_ROOT_PASSWORD'],
      log: '$(DATE) $(TIME)+00:00 [ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n\tYou need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_HASH, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD',
    },
    log: [
      '$(DATE) $(TIME)+00:00 [Note] [Entrypoint]: Entrypoint script for MariaDB Server 1:12.1.2+maria~ubu2404 started.',
      err('$(DATE) $(TIME) 0 [Note] Starting MariaDB 12.1.2-MariaDB-ubu2404 source revision  as process 1'),
      err("$(DATE) $(TIME) 0 [Note] Server socket created on IP: '0.0.0.0', port: '3306'."),
      err('$(DATE) $(TIME) 0 [Note] mariadbd: ready for connections.'),
      err("Version: '12.1.2-MariaDB-ubu2404'  socket: '/run/mysqld/mysqld.sock'  port: 3306  mariadb.org binary distribution"),
    ],
    exec: { 'mariadb-admin *ping*': 'mysqld is alive', 'healthcheck.sh *': '' },
    usage: { memory: '110Mi', cpu: '3m' },
  },
  '*/mongo': {
    entrypoint: ['docker-entrypoint.sh'], cmd: ['mongod'], env: { MONGO_VERSION: '8.2.2', MONGO_MAJOR: '8.2' }, tcp: 27_017,
    log: [
      '{"t":{"$date":"$(NOW)"},"s":"I",  "c":"CONTROL",  "id":4615611, "ctx":"initandlisten","msg":"MongoDB starting","attr":{"pid":1,"port":27017,"dbPath":"/data/db","architecture":"64-bit","host":"$(HOSTNAME)"}}',
      '{"t":{"$date":"$(NOW)"},"s":"I",  "c":"NETWORK",  "id":23015,   "ctx":"listener","msg":"Listening on","attr":{"address":"0.0.0.0"}}',
      '{"t":{"$date":"$(NOW)"},"s":"I",  "c":"NETWORK",  "id":23016,   "ctx":"listener","msg":"Waiting for connections","attr":{"port":27017,"ssl":"off"}}',
    ],
    exec: { 'mongosh *ping*': '{ ok: 1 }', 'mongosh --version': '2.5.9' },
    usage: { memory: '160Mi', cpu: '10m' },
  },
  '*/memcached': { entrypoint: ['docker-entrypoint.sh'], cmd: ['memcached'], env: { MEMCACHED_VERSION: '1.6.39' }, tcp: 11_211, user: '11211', usage: { memory: '4Mi', cpu: '1m' } },
  '*/rabbitmq': {
    entrypoint: ['docker-entrypoint.sh'], cmd: ['rabbitmq-server'], env: { RABBITMQ_VERSION: '4.2.1' }, tcp: [5672, 15_692, 25_672],
    log: ['$(DATE) $(TIME)+00:00 [notice] <0.45.0> Application syslog exited with reason: stopped', '$(DATE) $(TIME)+00:00 [info] <0.254.0>  Starting RabbitMQ 4.2.1 on Erlang 27.3.4.6 [jit]', '$(DATE) $(TIME)+00:00 [info] <0.741.0> started TCP listener on [::]:5672', '$(DATE) $(TIME)+00:00 [info] <0.9.0> Server startup complete; 4 plugins started.'],
    exec: { 'rabbitmq-diagnostics *ping': 'Ping succeeded', 'rabbitmqctl status': 'Status of node rabbit@$(HOSTNAME) ...' },
    usage: { memory: '120Mi', cpu: '20m' },
  },
  '*/cassandra': { tcp: [7000, 7199, 9042], log: 'INFO  [main] $(DATE) $(TIME) Startup complete', exec: { 'nodetool status': 'Datacenter: DC1-K8Demo\n======================\nStatus=Up/Down\n|/ State=Normal/Leaving/Joining/Moving\n--  Address     Load       Tokens       Owns (effective)  Host ID                               Rack\nUN  $(POD_IP)  104.55 KiB  32           100.0%            00000000-0000-0000-0000-000000000001  Rack1-K8Demo' }, usage: { memory: '600Mi', cpu: '30m' } },
  '*/zookeeper': { entrypoint: ['/docker-entrypoint.sh'], cmd: ['zkServer.sh', 'start-foreground'], tcp: [2181, 2888, 3888], log: '$(DATE) $(TIME) [myid:] - INFO  [main:o.a.z.s.NIOServerCnxnFactory] - binding to port /0.0.0.0:2181', usage: { memory: '80Mi', cpu: '3m' } },
  '*/wordpress': {
    entrypoint: ['docker-entrypoint.sh'], cmd: ['apache2-foreground'], env: { WORDPRESS_VERSION: '6.8.3' },
    log: [err('WordPress not found in /var/www/html - copying now...'), err('Complete! WordPress has been successfully copied to /var/www/html'), err("[$(DATE) $(TIME)] [core:notice] [pid 1:tid 1] AH00094: Command line: 'apache2 -D FOREGROUND'")],
    http: { 80: { '/': { status: 302, headers: { location: '/wp-admin/install.php' } }, '/wp-admin/install.php': page('WordPress &rsaquo; Installation', '<h1>Welcome</h1>'), '*': { status: 404, body: 'Not Found\n' } } },
    usage: { memory: '60Mi', cpu: '2m' },
  },
  'nginxdemos/hello': { http: { 80: page('Hello World', '<p>Server&nbsp;name: $(HOSTNAME)</p>') }, usage: { memory: '4Mi' } },
  '*/podinfo': {
    entrypoint: ['./podinfo'], user: '100',
    log: '{"level":"info","ts":"$(NOW)","caller":"podinfo/main.go:153","msg":"Starting podinfo","version":"6.9.2","port":"9898"}',
    http: { 9898: { '/healthz': json('{"status":"OK"}'), '/readyz': json('{"status":"OK"}'), '/version': json('{"version":"6.9.2"}'), '*': json('{"hostname":"$(HOSTNAME)","version":"6.9.2","message":"greetings from podinfo v6.9.2","runtime":"go1.25.3"}') } },
    usage: { memory: '16Mi', cpu: '1m' },
  },
  '*/gb-frontend': { http: { 80: page('Guestbook', '<h2>Guestbook</h2>') }, log: err("AH00558: apache2: Could not reliably determine the server's fully qualified domain name, using $(HOSTNAME). Set the 'ServerName' directive globally to suppress this message") },
  '*/prometheus': {
    entrypoint: ['/bin/prometheus'], cmd: ['--config.file=/etc/prometheus/prometheus.yml', '--storage.tsdb.path=/prometheus'], user: 'nobody',
    log: err('time=$(NOW) level=INFO source=main.go:1273 msg="Server is ready to receive web requests."'),
    http: { 9090: { '/-/healthy': 'Prometheus Server is Healthy.\n', '/-/ready': 'Prometheus Server is Ready.\n', '/': { status: 302, headers: { location: '/query' } }, '*': page('Prometheus Time Series Collection and Processing Server', '') } },
    usage: { memory: '60Mi', cpu: '5m' },
  },
  '*/grafana': {
    entrypoint: ['/run.sh'], user: '472',
    log: 'logger=http.server t=$(NOW) level=info msg="HTTP Server Listen" address=[::]:3000 protocol=http subUrl= socket=',
    http: { 3000: { '/api/health': json('{\n  "database": "ok",\n  "version": "12.3.0"\n}'), '/': { status: 302, headers: { location: '/login' } }, '*': page('Grafana', '') } },
    usage: { memory: '90Mi', cpu: '5m' },
  },
  'bitnami/postgresql': { ...postgres('/opt/bitnami/scripts/postgresql/entrypoint.sh', 'POSTGRESQL_PASSWORD', 'POSTGRES_PASSWORD', 'ALLOW_EMPTY_PASSWORD'), user: '1001', needsEnv: bitnamiNeeds('postgresql', 'POSTGRESQL_PASSWORD', 'POSTGRES_PASSWORD') },
  'bitnami/mysql': { entrypoint: ['/opt/bitnami/scripts/mysql/entrypoint.sh'], cmd: ['/opt/bitnami/scripts/mysql/run.sh'], user: '1001', tcp: 3306, needsEnv: bitnamiNeeds('mysql', 'MYSQL_ROOT_PASSWORD'), log: [...bitnami('mysql'), err("$(NOW) 0 [System] [MY-010931] [Server] /opt/bitnami/mysql/bin/mysqld: ready for connections. Version: '9.4.0'  socket: '/opt/bitnami/mysql/tmp/mysql.sock'  port: 3306  Source distribution.")], exec: { '*mysqladmin *': 'mysqld is alive' }, usage: { memory: '380Mi', cpu: '8m' } },
  'bitnami/mongodb': { entrypoint: ['/opt/bitnami/scripts/mongodb/entrypoint.sh'], cmd: ['/opt/bitnami/scripts/mongodb/run.sh'], user: '1001', tcp: 27_017, log: bitnami('mongodb'), exec: { 'mongosh *ping*': '{ ok: 1 }' }, usage: { memory: '160Mi', cpu: '10m' } },
  'bitnami/redis': { entrypoint: ['/opt/bitnami/scripts/redis/entrypoint.sh'], cmd: ['/opt/bitnami/scripts/redis/run.sh'], user: '1001', tcp: 6379, needsEnv: bitnamiNeeds('redis', 'REDIS_PASSWORD'), log: [...bitnami('redis'), '1:M $(DATE) $(TIME) * Ready to accept connections tcp'], exec: { 'redis-cli *ping': 'PONG', 'redis-cli ping': 'PONG' }, usage: { memory: '8Mi', cpu: '4m' } },
};

function err(text: string): { readonly text: string; readonly stream: 'stderr' } {
  return { text, stream: 'stderr' };
}

function page(title: string, body: string): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  return { body: `<!DOCTYPE html>\n<html>\n<head><title>${title}</title></head>\n<body>\n${body}\n</body>\n</html>\n`, headers: { 'content-type': 'text/html; charset=utf-8' } };
}

function json(body: string): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  return { body, headers: { 'content-type': 'application/json; charset=utf-8' } };
}

function postgres(entrypoint: string, ...passwords: readonly string[]): DeclaredImage {
  const stamp = '$(DATE) $(TIME) UTC';
  return {
    entrypoint: [entrypoint], cmd: ['postgres'], env: { PG_MAJOR: '18', PG_VERSION: '18.1-1.pgdg13+2', PGDATA: '/var/lib/postgresql/18/docker' }, tcp: 5432,
    needsEnv: {
      anyOf: [...passwords, 'POSTGRES_HOST_AUTH_METHOD'],
      log: 'Error: Database is uninitialized and superuser password is not specified.\n       You must specify POSTGRES_PASSWORD to a non-empty value for the\n       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".\n\n'
        + '       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all\n       connections without a password. This is *not* recommended.\n\n       See PostgreSQL documentation about "trust":\n       https://www.postgresql.org/docs/current/auth-trust.html\n',
    },
    log: [
      'PostgreSQL init process complete; ready for start up.\n',
      err(`${stamp} [1] LOG:  starting PostgreSQL 18.1 (Debian 18.1-1.pgdg13+2) on x86_64-pc-linux-gnu, compiled by gcc (Debian 14.2.0-19) 14.2.0, 64-bit`),
      err(`${stamp} [1] LOG:  listening on IPv4 address "0.0.0.0", port 5432`),
      err(`${stamp} [1] LOG:  listening on IPv6 address "::", port 5432`),
      err(`${stamp} [1] LOG:  listening on Unix socket "/var/run/postgresql/.s.PGSQL.5432"`),
      err(`${stamp} [1] LOG:  database system is ready to accept connections`),
    ],
    exec: { 'pg_isready*': '/var/run/postgresql:5432 - accepting connections', 'psql --version': 'psql (PostgreSQL) 18.1 (Debian 18.1-1.pgdg13+2)', 'postgres --version': 'postgres (PostgreSQL) 18.1 (Debian 18.1-1.pgdg13+2)', 'psql *SELECT 1*': ' ?column? \n----------\n        1\n(1 row)\n' },
    usage: { memory: '28Mi', cpu: '2m' },
  };
}

/** What Bitnami's images say before their program does. */
function bitnami(name: string): string[] {
  const line = (text: string): string => `${name} $(TIME) INFO  ==> ${text}`;
  return [line(''), line(`Welcome to the Bitnami ${name} container`), line('Subscribe to project updates by watching https://github.com/bitnami/containers'), line(''), line(`** Starting ${name} setup **`), line(`** ${name} setup finished! **`), line(`** Starting ${name} **`)];
}

function bitnamiNeeds(name: string, ...passwords: readonly string[]): NonNullable<DeclaredImage['needsEnv']> {
  return { anyOf: [...passwords, 'ALLOW_EMPTY_PASSWORD'], log: `${name} $(TIME) ERROR ==> The ${passwords[0] ?? ''} environment variable is empty or not set. Set the environment variable ALLOW_EMPTY_PASSWORD=yes to allow the container to be started with blank passwords. This is recommended only for development.` };
}
