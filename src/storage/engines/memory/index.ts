export { MemoryEngine } from './engine.js';
