/** What looks for devices, CEL with it: loaded when a pod first asks for some. */
export { allocate, AllocationError, NodeAllocationError } from './allocator.js';
export { DeviceSelectors } from './selectors.js';
