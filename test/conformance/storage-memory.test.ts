import { eagerUnderTest, memoryUnderTest } from '../support/storage-engines.js';
import { storageConformance } from './storage.js';

storageConformance(memoryUnderTest);
storageConformance(eagerUnderTest);
