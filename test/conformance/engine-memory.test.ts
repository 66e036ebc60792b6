import { eagerUnderTest, memoryUnderTest } from '../support/storage-engines.js';
import { engineConformance } from './engine.js';

engineConformance(memoryUnderTest);
engineConformance(eagerUnderTest);
