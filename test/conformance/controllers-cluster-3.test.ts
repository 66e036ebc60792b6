import { CLUSTER } from '../support/controllers/cluster.js';
import { controllerConformance } from './controllers.js';

controllerConformance(CLUSTER, { part: 2, of: 3 });
