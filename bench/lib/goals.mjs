const WARMING = 'V8 is still compiling what the first thousands of writes run (CPU each is about twice that of a warm server), and one thread does all of it';

/**
 * Operations of the load generator with the ratio to the real control plane that they should reach (issue 6), and what
 * the profile says limits those that may not.
 */
export const OPERATIONS = [
  { key: 'create_sequential', label: 'create, one client', unit: '/s', goal: 3, limit: `these are the first 200 writes: ${WARMING}; each also waits for an fsync and for the client` },
  { key: 'create', label: 'create, 16 clients', unit: '/s', goal: 2, limit: WARMING },
  { key: 'get', label: 'get', unit: '/s', goal: 3 },
  { key: 'patch', label: 'merge patch', unit: '/s', goal: 3, limit: WARMING },
  { key: 'patch_strategic_status', label: 'strategic patch of status', unit: '/s', goal: 3, limit: WARMING },
  { key: 'apply', label: 'server-side apply', unit: '/s', goal: 2, limit: `${WARMING}; half of the 1,000 are creations` },
  { key: 'list', label: 'list of 2,200 pods', unit: 'ms', goal: 8 },
  { key: 'list_rv0', label: 'list, resourceVersion=0', unit: 'ms', goal: 8 },
  { key: 'list_parallel', label: 'list, 8 at once', unit: '/s' },
  { key: 'list_table', label: 'list as Table', unit: 'ms', goal: 5, limit: 'the cells of every row are computed, and each row is a JSON text' },
  { key: 'list_metadata', label: 'list of metadata', unit: 'ms' },
  { key: 'list_page_500', label: 'page of 500', unit: 'ms' },
  { key: 'list_selector_1pct', label: '1 % by label', unit: 'ms', goal: 3 },
  { key: 'watch_events', label: 'watch events, 100 watchers', unit: '/s', goal: 3, limit: 'a third of the CPU is writing to 100 sockets (encryption and the system call, 10 to 16 us each), the rest is the writer, who waits for each answer; the client decrypts 100 copies on the same cores' },
  { key: 'watch_latency', label: 'write to last watcher', unit: 'ms', goal: 2, limit: 'the write itself (half of it), then 100 writes to sockets one after the other' },
  { key: 'deletecollection', label: 'delete collection', unit: 'ms', goal: 20, limit: '100 watchers are sent a gigabyte of events meanwhile, which the client decrypts on the same cores' },
  { key: 'memory_idle', label: 'memory, idle', unit: 'MB', goal: 3 },
  { key: 'memory_loaded', label: 'memory, loaded', unit: 'MB', goal: 3, limit: 'V8 keeps nearly twice the heap in use after a burst of writes; each pod is held as bytes and as an object' },
];

const sum = (bySomething) => Object.values(bySomething ?? {}).reduce((a, b) => a + b, 0);

/** One figure of a load generator's run, in its operation's unit; undefined where it was not measured. */
export function figure(result, { key, unit }) {
  switch (key) {
    case 'watch_events':
      return result.watch?.events_per_s;
    case 'watch_latency':
      return result.watch?.p50_ms;
    case 'deletecollection':
      return result.deletecollection && result.deletecollection.s * 1000;
    case 'memory_idle':
      return sum(result.rss_idle_mb) || undefined;
    case 'memory_loaded':
      return sum(result.rss_loaded_mb) || undefined;
    default:
      return unit === 'ms' ? result[key]?.p50_ms : result[key]?.per_s;
  }
}

/** CPU time in ms that the server used for one operation. */
export const cpuOf = (result, { key }) => result[key]?.cpu_ms;

/** How many times better `ours` is, whatever the unit. */
export const ratioOf = (ours, theirs, unit) => (unit === '/s' ? ours / theirs : theirs / ours);
