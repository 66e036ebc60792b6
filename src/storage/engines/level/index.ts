export { LevelEngine } from './engine.js';
