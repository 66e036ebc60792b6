module.exports = { testEnvironment: 'kubette/jest', testEnvironmentOptions: { kubette: { nodes: 2 } }, transform: {} };
