// Images that are programs: kubette serve --images examples/images/images.mjs
// docs/images.md explains the contract.

/** A line-based key-value store on TCP port 7000, which keeps its data in the volume at /data. */
const store = () => ({
  config: { exposedPorts: [7000] },
  async run({ network, fs, stdout, onSignal }) {
    const file = '/data/store.json';
    const values = (await fs.exists(file)) ? JSON.parse(await fs.readFile(file)) : {};
    stdout.write(`${Object.keys(values).length} keys found\n`);
    const answer = async (line) => {
      const [verb, key, ...rest] = line.trim().split(' ');
      if (verb === 'get') return values[key] ?? '';
      if (verb !== 'set') return `unknown: ${verb}`;
      values[key] = rest.join(' ');
      await fs.mkdir('/data', { recursive: true });
      await fs.writeFile(file, JSON.stringify(values));
      return 'ok';
    };
    const listener = await network.listen(7000, async (socket) => {
      let text = '';
      for await (const chunk of socket) {
        text += chunk;
        for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
          socket.write(`${await answer(text.slice(0, end))}\n`);
          text = text.slice(end + 1);
        }
      }
      socket.end();
    });
    await new Promise((stop) => onSignal((signal) => signal === 'SIGTERM' && (stop(), true)));
    stdout.write('closing\n');
    listener.close();
    return 0;
  },
  async exec({ argv, stdout, stderr }) {
    if (argv[0] === 'store-version') {
      stdout.write('store 1.0\n');
      return 0;
    }
    stderr.write(`${argv[0]}: not found\n`);
    return 127;
  },
});

/** Counts visits over HTTP, greets by an environment variable, and uses more CPU the more it is visited. */
const counter = (image) => ({
  async run({ network, env, hostname, use, onSignal }) {
    let visits = 0;
    const listener = await network.listenHttp(8080, (request, response) => {
      visits++;
      use({ cpuCores: visits / 100 });
      response.end(`${env.GREETING ?? 'Hello'} from ${hostname} (${image}), visit ${visits}\n`);
    });
    await new Promise((stop) => onSignal((signal) => signal === 'SIGTERM' && (stop(), true)));
    listener.close();
    return 0;
  },
});

export default { 'registry.example/store': store, 'registry.example/counter:*': counter };
