// Native ESM (docs/decisions/0001-jest-as-native-esm.md): swc strips the types, imports keep their '.js' endings.
const transform = {
  '^.+\\.ts$': ['@swc/jest', {
    jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true }, experimental: { keepImportAttributes: true } },
    module: { type: 'es6' },
  }],
};
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform,
};
export default {
  // A test that hangs is to fail; one on a busy machine is not.
  testTimeout: 120_000,
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.test.ts'] },
    { ...shared, displayName: 'conformance', testMatch: ['<rootDir>/test/conformance/**/*.test.ts'] },
    { ...shared, displayName: 'clients', testMatch: ['<rootDir>/test/clients/**/*.test.ts'] },
  ],
};
