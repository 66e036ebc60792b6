import './tuning.js';
import { main } from './main.js';

// A verb that has ended leaves nothing running: what is still open must not keep the process.
process.exit(await main(process.argv.slice(2)));
