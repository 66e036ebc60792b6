import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { setupFiles: ['kubette/vitest'], provide: { kubette: { nodes: 2 } } } });
