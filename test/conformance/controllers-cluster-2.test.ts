import { CLUSTER } from '../support/controllers/cluster.js';
import { controllerConformance } from './controllers.js';

controllerConformance(CLUSTER, { part: 1, of: 3 });
