import { WORKLOADS } from '../support/controllers/workloads.js';
import { controllerConformance } from './controllers.js';

controllerConformance(WORKLOADS, { part: 1, of: 2 });
