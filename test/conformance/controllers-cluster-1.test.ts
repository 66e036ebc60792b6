import { CLUSTER } from '../support/controllers/cluster.js';
import { controllerConformance } from './controllers.js';

controllerConformance(CLUSTER, { part: 0, of: 3 });
