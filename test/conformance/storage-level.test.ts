import { levelUnderTest } from '../support/storage-engines.js';
import { storageConformance } from './storage.js';

storageConformance(levelUnderTest);
